# Measuring, side by side: benchmarks/README.md.

BENCHMARKS := PYTHONPATH=libs:services:tools:. $(PYTHON) -m benchmarks

bench-setup: setup
	@benchmarks/setup

bench: bench-setup ## Compare the services with other ways to build them; writes benchmarks/results (a quarter of an hour).
	@$(BENCHMARKS) full $(ARGS)

bench-quick: bench-setup ## Compare fewer cold starts and requests in two minutes (ARGS="--before=... --only=floor").
	@$(BENCHMARKS) quick $(ARGS)

bench-levers: bench-setup ## Measure single levers more often than make bench does (ARGS="--only=redacted").
	@$(BENCHMARKS) levers $(ARGS)

bench-memory: bench-setup ## Send 100,000 requests to each service, and fail if its memory grows (minutes).
	@$(BENCHMARKS) memory $(ARGS)

bench-responses: bench-setup ## Compare the responses of two folders of zips byte by byte (BEFORE=... AFTER=... ARGS=--every=10).
	@$(BENCHMARKS).responses "$(BEFORE)" "$(AFTER)" $(ARGS)

bench-lock: setup ## Update the locks of the benchmarks (ARGS=--upgrade takes the newest versions).
	@benchmarks/lock $(ARGS)

test-benchmarks: bench-setup ## Test the benchmarks, and that cold start and warm requests did not become much slower.
	$(PYTEST) benchmarks/tests

# In `make test`, in CI, and every night.
test-zips: test-benchmarks
NIGHTLY += bench-memory
.PHONY: bench-setup

bench-simulation: bench-setup ## Simulate concurrency and cold starts, and draw docs/images/simulation.png (ARGS="--billed-ms=9 --init-ms=400").
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m benchmarks.simulation $(ARGS)
	@benchmarks/.venv/bin/python benchmarks/simulation/plot.py .local/simulation.json docs/images/simulation.png
