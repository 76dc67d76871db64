"""Commands for developers and operators. commands.mk runs them; the zips do not contain them."""
