"""What several rules about environments look at, or propose, in the same way."""
