# Every command does its own set-up on a fresh machine: uv, both interpreters, packages, model, database, browser.
.PHONY: help run test train evaluate bench chaos load lint audit clean demo-data

BOOTSTRAP = python3 api/launch/bootstrap.py

help: ## say what can be done
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## start everything, print addresses and the demo officer's sign-in; Ctrl-C stops it
	@exec $(BOOTSTRAP) run

test: ## lint, types, unit, integration, trained model, browser, journeys
	@exec $(BOOTSTRAP) test

train: ## train what has changed: the Rasa model, language profiles, safety model
	@exec $(BOOTSTRAP) train

evaluate: ## all test sets, or KIND=nlu|safety|language FILE=path.tsv
	@exec $(BOOTSTRAP) evaluate $(if $(KIND),--kind $(KIND)) $(if $(FILE),--file $(FILE))

demo-data: ## fill this copy with forty made-up cases; never in production
	@exec $(BOOTSTRAP) demo-data

bench: ## speeds as ratios within one run, memory, start-up
	@exec $(BOOTSTRAP) bench

chaos: ## kill and break everything while people report, then compare; MINUTES=10 SEED=1
	@exec $(BOOTSTRAP) chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

load: ## many conversations at once, targets beside what was reached; ARGS="--short", "--minutes 60 --only hour"
	@exec $(BOOTSTRAP) load $(ARGS)

lint: ## formatting, lint, secrets and types alone
	@exec $(BOOTSTRAP) test --only lint,types

audit: ## bills of materials, licences, known vulnerabilities; status 3 where no advisory service can be asked
	@exec $(BOOTSTRAP) audit

clean: ## remove what was built; the data directory stays
	rm -rf .build .venv-api .venv-bot
