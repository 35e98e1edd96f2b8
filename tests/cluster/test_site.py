"""The test cluster beside a machine's own SLURM and munge: it leaves them alone, and nothing of its own behind."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("cluster.sh")
CONF = Path("/etc/slurm/slurm.conf")
STATE = Path("/var/lib/nubounds-test-cluster")
FOLDERS = [Path(name) for name in ("/etc/slurm", "/etc/munge", "/run/munge", "/var/lib/munge", "/var/log/munge")]
pytestmark = pytest.mark.cluster


def cluster(*words):
    return subprocess.run(["bash", SCRIPT, *words], capture_output=True, text=True)


def start():
    started = cluster("start")
    if started.returncode == 3:
        pytest.skip(started.stderr.strip().splitlines()[-1])
    assert started.returncode == 0, started.stderr


@pytest.fixture(autouse=True)
def no_cluster():
    """No cluster of ours before and after a test."""
    assert cluster("stop").returncode == 0
    if CONF.exists():
        pytest.skip(f"{CONF} belongs to another cluster")
    yield
    assert cluster("stop").returncode == 0


@pytest.fixture
def site(tmp_path):
    """The environment of commands for another munge and SLURM of one node, with files of its own."""
    if os.getuid() or not shutil.which("slurmctld"):
        pytest.skip("needs root, SLURM and munge")
    host = socket.gethostname().split(".")[0]
    conf = tmp_path / "slurm.conf"
    (tmp_path / "state").mkdir()
    tmp_path.chmod(0o755)
    conf.write_text(
        f"""ClusterName=site
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthInfo=socket={tmp_path}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
StateSaveLocation={tmp_path}/state
SlurmctldPidFile={tmp_path}/slurmctld.pid
SlurmctldLogFile={tmp_path}/slurmctld.log
SlurmctldPort=26817
SlurmdPidFile={tmp_path}/slurmd.pid
SlurmdSpoolDir={tmp_path}/spool
SlurmdLogFile={tmp_path}/slurmd.log
NodeName=s1 NodeHostname={host} NodeAddr=127.0.0.1 Port=27001 CPUs=1
PartitionName=main Nodes=s1 Default=YES
"""
    )
    munged = [
        "munged",
        "--force",
        *(f"--{name}={tmp_path}/munge.{name}" for name in ("socket", "key-file", "pid-file")),
    ]
    munged += [f"--{name}={tmp_path}/munge.{name}" for name in ("log-file", "seed-file")]
    subprocess.run(["mungekey", "--create", f"--keyfile={tmp_path}/munge.key-file"], check=True)
    for command in (munged, ["slurmctld", "-f", conf], ["slurmd", "-N", "s1", "-f", conf]):
        subprocess.run(command, check=True)
    yield os.environ | {"SLURM_CONF": str(conf)}
    for file in ("slurmd.pid", "slurmctld.pid", "munge.pid-file"):
        os.kill(int((tmp_path / file).read_text()), signal.SIGTERM)


def a_job_runs(env):
    """Whether SLURM starts a job within 20 s."""
    job = subprocess.run(["srun", "-n1", "echo", "hello"], env=env, capture_output=True, text=True, timeout=20)
    return job.stdout == "hello\n"


def test_another_slurm_and_munge_live_on(site, monkeypatch):
    """With SLURM_CONF set to the site's, as where the site has its own in the environment."""
    assert a_job_runs(site)
    monkeypatch.setenv("SLURM_CONF", site["SLURM_CONF"])
    start()
    ours = os.environ | {"SLURM_CONF": str(CONF)}
    assert a_job_runs(ours) and a_job_runs(site)
    assert cluster("stop").returncode == 0
    assert a_job_runs(site)


def listing():
    """All files of the folders of SLURM and munge, with owner, mode and time of change."""
    files = [path for folder in FOLDERS if folder.exists() for path in (folder, *folder.rglob("*"))]
    facts = {path: path.lstat() for path in files}
    # A folder's own time changes as a file comes and goes.
    return {
        path: (fact.st_uid, fact.st_mode, None if path.is_dir() else fact.st_mtime_ns) for path, fact in facts.items()
    }


def asleep():
    """Whether the job of the next test runs."""
    return bool(subprocess.run(["pgrep", "-xf", "sleep 4711"], capture_output=True).stdout)


def test_nothing_is_left_behind():
    before = listing()
    start()
    shared = Path(f"/dev/shm/nubounds-test-{time.time_ns()}")
    env = os.environ | {"SLURM_CONF": str(CONF)}
    subprocess.run(["srun", "-n1", "touch", shared], check=True, env=env)
    subprocess.run(["sbatch", "--output=/dev/null", "--wrap=exec sleep 4711"], check=True, env=env)
    end = time.monotonic() + 20
    while not asleep():
        assert time.monotonic() < end
        time.sleep(0.1)
    assert cluster("stop").returncode == 0
    assert listing() == before
    assert not shared.exists()
    assert not STATE.exists()
    assert not asleep()


def test_a_configuration_of_a_site_is_left_alone():
    made = not CONF.parent.exists()
    CONF.parent.mkdir(exist_ok=True)
    CONF.write_text("# Written by tests/cluster's neighbour\nClusterName=theirs\n")
    try:
        before = CONF.read_bytes(), CONF.stat()
        started, stopped = cluster("start"), cluster("stop")
        assert (CONF.read_bytes(), CONF.stat().st_mtime_ns) == (before[0], before[1].st_mtime_ns)
    finally:
        CONF.unlink()
        if made:
            CONF.parent.rmdir()
    assert (started.returncode, stopped.returncode) == (3, 0)
    assert started.stderr.splitlines() == [f"cluster: {CONF} belongs to another cluster"]
    assert not STATE.exists()
