"""One file per rule about data, named after what is wrong."""
