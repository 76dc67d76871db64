"""The page of the embedded AWS: requests, functions and the dashboard in a browser."""
