"""The books service: books and loans."""
