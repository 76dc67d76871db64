"""X-Ray: headers, segments, the daemon that takes them, and their waterfall."""
