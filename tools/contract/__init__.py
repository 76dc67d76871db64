"""The contract with the clients: OpenAPI documents, the page of problems, and breaking changes."""
