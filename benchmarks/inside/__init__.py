"""Programs that run at Lambda's paths, beside the subjects: the standard library is all that they have."""
