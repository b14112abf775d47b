"""What the user chooses: scenario files and their schema, and what tables and sources hold."""
