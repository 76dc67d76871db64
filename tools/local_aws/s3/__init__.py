"""S3: how the embedded AWS serves buckets."""
