"""Fine-tuning with torch and transformers; nothing outside this layer imports either."""
