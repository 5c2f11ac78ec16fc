"""What several rules about data share."""
