"""Cobaya: a likelihood for the block ``likelihood`` of its input.

likelihood:
  nubounds.interfaces.cobaya.Likelihood:
    constraint: xenon_cevns
    likelihood: xenonnt
    inputs: {analysis: counting}     # its choices, and inputs of the constraint
params:
  mu_muB: {prior: {min: 0, max: 5e-9}}
  m4_MeV: 0.1                        # nuisances come with their priors; a block here replaces one's
"""

from __future__ import annotations

from typing import Any

from cobaya.likelihood import Likelihood as CobayaLikelihood

from nubounds import likelihood as ours
from nubounds.face.study import constraint


def _made(options: dict[str, Any]) -> ours.Likelihood:
    return constraint(options["constraint"]).likelihood(options["likelihood"], **(options.get("inputs") or {}))


class Likelihood(CobayaLikelihood):
    """Any likelihood of any constraint."""

    constraint: str
    likelihood: str
    inputs: dict | None = None

    @classmethod
    def get_modified_defaults(cls, defaults: dict, input_options: dict | None = None) -> dict:
        """Nuisances as parameters with their priors: Cobaya's own way, so that its user can replace them."""
        options = dict(input_options or {})
        if options.get("constraint") and options.get("likelihood"):
            nuisances = [one for one in _made(options).parameters if one.prior is not None]
            defaults["params"] = {
                one.name: {
                    "prior": {"dist": "norm", "loc": one.prior.mean, "scale": one.prior.sd},
                    "ref": {"dist": "norm", "loc": one.prior.mean, "scale": 0.1 * one.prior.sd},
                    "proposal": one.prior.sd,
                }
                for one in nuisances
            }
        return defaults

    def initialize(self) -> None:
        self.like = _made({"constraint": self.constraint, "likelihood": self.likelihood, "inputs": self.inputs})

    def get_requirements(self) -> dict[str, None]:
        return {one.name: None for one in self.like.parameters if not one.nuisance}

    def logp(self, **values: Any) -> float:
        theta = [values[name] for name in self.like.names]
        return float(self.like(theta) - self.like.log_prior(theta))
