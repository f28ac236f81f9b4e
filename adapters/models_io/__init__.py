"""Reading and writing model artefacts, so that a bad file is refused before anything in it runs."""
