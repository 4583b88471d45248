"""The law as data: each rule with its words, source, status and parameters, one YAML file per section A to L.

`load` reads and checks the files once; a `Rulebook` is immutable and has a version and a digest, which decisions
store. Parameters of status A (analogy) or D (design) are settings: `Rulebook.override` gives a rulebook with one of
them changed. A parameter of status S, such as the denial of mainland China, has no override.
"""

from abst.rulebook.files import load, refuse
from abst.rulebook.model import Judgement, Parameter, Regime, Rule, Rulebook, as_json

__all__ = ["Judgement", "Parameter", "Regime", "Rule", "Rulebook", "as_json", "load", "refuse"]
