"""What several rules about runs look at or propose in the same way."""
