#!/usr/bin/env bash
# The best hyperparameters of KerasTuner contain values of parameters that the best model does not
# have.
#
# Versions: keras-tuner 1.4.8, keras 3.15.1, jax 0.10.2. Seen on 2026-11-27.
# Expected: get_best_hyperparameters()[0].values is the configuration of the best trial: for one
#   layer with Adam, the units of one layer and no momentum.
# What happens: every parameter that any trial has asked for gets a value in each later trial. Here
#   the best model has one layer, and its values name units for three layers and a momentum for SGD,
#   which was not used.
# Meaning: a table of trials shows values that had no influence. Charts and importances made from it
#   see noise, two equal models count as different configurations, and a "best momentum" is reported
#   that was never used.
# Instead: declare such parameters inside "with hp.conditional_scope(parent, values):", or build the
#   model again from the values and note what build() asks for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check keras-tuner==1.4.8 keras==3.15.1 jax==0.10.2 six==1.17.0 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import keras_tuner


def build(hp):
    for layer in range(hp.Int("layers", 1, 3)):
        hp.Int(f"units_{layer}", 8, 64)
    if hp.Choice("optimizer", ["adam", "sgd"]) == "sgd":
        hp.Float("momentum", 0.0, 0.9)


class Search(keras_tuner.RandomSearch):
    def run_trial(self, trial, *args, **kwargs):
        hp = trial.hyperparameters
        build(hp)
        return {"loss": hp.get("layers") + (hp.get("optimizer") == "sgd")}  # one layer, Adam


search = Search(
    build, objective=keras_tuner.Objective("loss", "min"), max_trials=12, seed=0, directory="search"
)
search.search(verbose=0)
values = search.get_best_hyperparameters()[0].values
print("layers:", values["layers"], "optimizer:", values["optimizer"])
print("values of:", sorted(values))
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
layers: 1 optimizer: adam
values of: ['layers', 'momentum', 'optimizer', 'units_0', 'units_1', 'units_2']
EXPECTED
echo "as stated"
