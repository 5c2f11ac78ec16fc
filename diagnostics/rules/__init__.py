"""Rules by subject: one file per rule, named after what is wrong."""
