"""X-Ray: headers, segments, the daemon that receives them, and their waterfall."""
