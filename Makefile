# Everything happens in bootstrap.py, which works without make too.
PYTHON ?= python3

.PHONY: run test check setup contract
run:
	@$(PYTHON) bootstrap.py run $(ARGS)
test check setup:
	@$(PYTHON) bootstrap.py $@
# Everything about the contract, in seven minutes; docs/contract.md. The first time needs a network.
contract:
	@$(PYTHON) contracts/prove.py $(ARGS)
