# Everything happens in bootstrap.py, which works without make too.
PYTHON ?= python3

.PHONY: run test check setup
run:
	@$(PYTHON) bootstrap.py run $(ARGS)
test check setup:
	@$(PYTHON) bootstrap.py $@
