"""XENONnT's likelihood at one mass as others would write it: plain numpy for iminuit, and HistFactory for pyhf.

The yields are held: pyhf interpolates between templates in other ways.  All other nuisances are Gaussian factors, which
HistFactory has as `lumi` (the efficiency) and as shifts that are linear in their pulls.
"""

import os
from pathlib import Path

import numpy as np

import nubounds as nb

M4_MEV, UNIT = 1.0, 1e-9  # the moment's unit: pyhf's factor is the square of mu/UNIT
SIGMAS = {"f_8b": 0.0381, "f_hep": 0.3, "f_ac_sr0": 0.0904, "f_ac_sr1": 0.0576, "f_ac_sr2": 0.0576, "f_er": 1.0}
SIGMAS |= {"f_neutron": 0.58, "f_eff": 0.25}
ROOT = Path(__file__).resolve().parents[2]
FILE = Path(os.environ.get("NUBOUNDS_XENONNT") or ROOT.parent / "shared/public/xenonnt/xenonnt_2026.npz")


def likelihood(analysis):
    """Ours; the binned one needs the data release."""
    data = {"data_file": str(FILE)} if analysis == "binned" else {}
    study = nb.constraint("xenon_cevns")
    return study.likelihood("xenonnt", analysis=analysis, sigma_t_ly=0, sigma_t_qy=0, **data).fixed(m4_MeV=M4_MEV)


class Parts:
    """Expected counts of each component, shape (3, bins of a run), at the nominal nuisances, from differences of ours."""

    def __init__(self, like):
        nothing = dict.fromkeys(SIGMAS, 0.0) | {"f_eff": 1.0, "mu_muB": 0.0}

        def of(**changes):
            return like.expected(**(nothing | changes)).reshape(3, -1)

        self.sm = {name: of(**{name: 1.0}) for name in ("f_8b", "f_hep")}
        self.dipole = {name: of(**{name: 1.0, "mu_muB": UNIT}) - self.sm[name] for name in self.sm}
        self.er, self.neutron = of(f_er=1.0), of(f_neutron=1.0)
        self.ac = sum(of(**{f"f_ac_sr{k}": 1.0}) for k in range(3))
        self.observed = like.data.values.reshape(3, -1)

    def log_likelihood(self, p):
        """Plain numpy, at one place: parameters by name."""
        y = (p["mu_muB"] / UNIT) ** 2
        content = p["f_eff"] * sum(p[name] * (self.sm[name] + y * self.dipole[name]) for name in self.sm)
        content = content + p["f_er"] * self.er + p["f_neutron"] * self.neutron
        content = content + np.array([[p[f"f_ac_sr{k}"]] for k in range(3)]) * self.ac
        pulls = sum(((p[name] - 1.0) / sd) ** 2 for name, sd in SIGMAS.items())
        return float(np.sum(self.observed * np.log(content) - content) - 0.5 * pulls)


def minuit_fit(parts, names, mu):
    """Largest ln L at a moment, by iminuit from plain numpy."""
    from iminuit import Minuit

    nuisances = [name for name in names if name != "mu_muB"]
    fit = Minuit(
        lambda x: -parts.log_likelihood({"mu_muB": mu} | dict(zip(nuisances, x, strict=True))),
        np.ones(len(nuisances)),
        name=nuisances,
    )
    fit.errordef, fit.tol, fit.strategy = Minuit.LIKELIHOOD, 1e-5, 2
    for name in nuisances:
        fit.limits[name] = (0.5, 1.5) if name == "f_eff" else (0.0, None)
        fit.errors[name] = 0.3 * SIGMAS[name]
    fit.migrad()
    return -float(fit.fval)


class Histograms:
    """The same in pyhf."""

    def __init__(self, parts):
        import pyhf

        self.pyhf, self.parts = pyhf, parts
        channels = [
            {"name": f"sr{k}", "samples": [self._sample(k, *one) for one in self._samples(k)]} for k in range(3)
        ]
        efficiency = {
            "name": "lumi",
            "auxdata": [1.0],
            "sigmas": [SIGMAS["f_eff"]],
            "bounds": [[0.5, 1.5]],
            "inits": [1.0],
        }
        config = {"poi": "y", "parameters": [efficiency, {"name": "y", "bounds": [[0.0, 100.0]]}]}
        spec = {
            "channels": channels,
            "observations": [{"name": f"sr{k}", "data": parts.observed[k].tolist()} for k in range(3)],
            "measurements": [{"name": "moment", "config": config}],
            "version": "1.0.0",
        }
        workspace = pyhf.Workspace(spec)
        self.model = workspace.model(modifier_settings={"histosys": {"interpcode": "code0"}})
        self.data = workspace.data(self.model)

    def _samples(self, run):
        for name in self.parts.sm:
            short = name.removeprefix("f_")
            yield f"sm_{short}", self.parts.sm[name], name, ["lumi"]
            yield f"dipole_{short}", self.parts.dipole[name], name, ["lumi", "y"]
        yield "ac", self.parts.ac, f"f_ac_sr{run}", []
        yield "er", self.parts.er, "f_er", []
        yield "neutron", self.parts.neutron, "f_neutron", []

    def _sample(self, run, name, content, nuisance, factors):
        sd, counts = SIGMAS[nuisance], content[run]
        ends = {"hi_data": ((1 + sd) * counts).tolist(), "lo_data": ((1 - sd) * counts).tolist()}
        kinds = {"lumi": "lumi", "y": "normfactor"}
        modifiers = [{"name": nuisance, "type": "histosys", "data": ends}]
        modifiers += [{"name": factor, "type": kinds[factor], "data": None} for factor in factors]
        return {"name": name, "data": counts.tolist(), "modifiers": modifiers}

    def parameters(self, p):
        """Theirs from ours."""
        values = {"y": (p["mu_muB"] / UNIT) ** 2, "lumi": p["f_eff"]}
        values |= {name: (p[name] - 1.0) / sd for name, sd in SIGMAS.items() if name != "f_eff"}
        return [values[name] for name in self.model.config.par_order]

    def log_likelihood(self, p):
        """With the norms of Poisson and Gauss, which never change."""
        return float(self.model.logpdf(self.parameters(p), self.data)[0])

    def fit(self, mu):
        """Largest ln L at a moment, by pyhf with iminuit."""
        self.pyhf.set_backend("numpy", self.pyhf.optimize.minuit_optimizer(tolerance=1e-5, strategy=2))
        # a factor of 0 at the least
        bounds = [(-1.0 / SIGMAS[n], 10.0) if n in SIGMAS else b for n, b in
                  zip(self.model.config.par_order, self.model.config.suggested_bounds(), strict=True)]  # fmt: skip
        _, twice = self.pyhf.infer.mle.fixed_poi_fit(
            (mu / UNIT) ** 2, self.data, self.model, par_bounds=bounds, return_fitted_val=True
        )
        return -0.5 * float(twice)
