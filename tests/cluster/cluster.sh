#!/usr/bin/env bash
# A real SLURM cluster of three nodes on this machine, for tests: bash tests/cluster/cluster.sh install|start|stop|status
#
# install       Debian's slurm-wlm and munge (as root, with network to Debian's packages)
# start         munged, slurmctld, and slurmd for the nodes n1, n2, n3; an earlier one of ours is ended first
# stop          end all of them, and leave nothing behind
# crash N       kill node N's slurmd and the steps it runs, as a power cut would; resume N: switch it on again
# controller-down, controller-up
# Exit status 3, with a reason, where this machine cannot run it.
#
# A machine may have a SLURM or a munge of its own.  Ours has its own key, socket, ports and folder, and one file outside:
# /etc/slurm/slurm.conf, because Snakemake's plugin removes SLURM_CONF inside the jobs.  Where that is another's, we refuse.
# Nodes see a /dev/shm of their own, which ends with them: MPI leaves its shared memory there when a rank is killed.
set -euo pipefail

STATE=/var/lib/nubounds-test-cluster
CONF=/etc/slurm/slurm.conf
MARK="# Written by nubounds/tests/cluster/cluster.sh"
NODES="1 2 3"
export SLURM_CONF=$CONF # not the site's, should the caller's environment name it

refuse() {
    echo "cluster: $1" >&2
    exit 3
}

install() {
    [ "$(id -u)" = 0 ] || refuse "needs root to install and to start slurmd"
    command -v apt-get >/dev/null || refuse "needs Debian's packages (slurm-wlm, munge)"
    command -v slurmctld >/dev/null && command -v munged >/dev/null && return
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update && apt-get -qq install -y --no-install-recommends slurm-wlm munge >/dev/null || refuse "the packages could not be installed"
}

# Start a node's slurmd, where munged is: in the namespace that all nodes share, as they are one host to MPI.
node_up() {
    if [ -e "$STATE/own-shm" ]; then
        nsenter --mount --target "$(ours munged)" slurmd -N "n$1"
    else
        slurmd -N "n$1"
    fi
}

# Whether the configuration is ours, by its first line.
conf_is_ours() {
    [ -f "$CONF" ] && [ "$(head -n 1 "$CONF")" = "$MARK" ]
}

# Processes that we started: the pids of those of a name that hold a file of our folder (say a node's log) open.  Another's
# daemon of the same name does not, nor a process that got the pid of one of ours.
ours() {
    local pid
    for pid in $(pgrep -x "$1" || true); do
        [ -z "$(find "/proc/$pid/fd" -lname "$STATE/${2:-*}" 2>/dev/null)" ] || echo "$pid"
    done
}

# A process and all its descendants.
tree() {
    local child
    echo "$1"
    for child in $(pgrep -P "$1" || true); do tree "$child"; done
}

write_conf() {
    local host
    host=$(hostname -s)
    # Job numbers that no earlier cluster used: MPICH names its shared memory after them, and a killed job leaves it to the next.
    cat >"$CONF" <<END
$MARK
ClusterName=nubounds
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$STATE/munge.socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=pmi2
ReturnToService=2
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_interval=1,bf_interval=2
MinJobAge=300
FirstJobId=$((1 + $(date +%s) % 10000000))
SlurmdTimeout=10
SlurmctldTimeout=30
InactiveLimit=0
KillWait=2
EnforcePartLimits=ALL
OverTimeLimit=0
StateSaveLocation=$STATE/ctld
SlurmctldPidFile=$STATE/slurmctld.pid
SlurmctldLogFile=$STATE/slurmctld.log
SlurmctldPort=16817
SlurmdPidFile=$STATE/%n.pid
SlurmdSpoolDir=$STATE/spool-%n
SlurmdLogFile=$STATE/%n.log
NodeName=n[1-3] NodeHostname=$host NodeAddr=127.0.0.1 Port=[17001-17003] CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP
END
}

start() {
    [ "$(id -u)" = 0 ] || refuse "needs root to start slurmd"
    command -v slurmctld >/dev/null || refuse "slurmctld is not installed (run: bash tests/cluster/cluster.sh install)"
    [ ! -e "$CONF" ] || conf_is_ours || refuse "$CONF belongs to another cluster"
    [ ! -e /run/slurm/conf/slurm.conf ] || refuse "this machine is a node of another cluster (/run/slurm/conf/slurm.conf)"
    stop
    mkdir -p "$STATE/ctld"
    [ -d "${CONF%/*}" ] || { mkdir "${CONF%/*}" && touch "$STATE/made-folder"; }
    write_conf
    mungekey --create --keyfile="$STATE/munge.key"
    if unshare --mount true 2>/dev/null; then
        touch "$STATE/own-shm"
    else
        echo "cluster: no mount namespaces here: killed ranks will leave their shared memory in /dev/shm" >&2
    fi
    local munged=(munged --socket="$STATE/munge.socket" --key-file="$STATE/munge.key" --pid-file="$STATE/munged.pid"
        --log-file="$STATE/munged.log" --seed-file="$STATE/munged.seed")
    if [ -e "$STATE/own-shm" ]; then
        unshare --mount bash -c 'mount -t tmpfs tmpfs /dev/shm && exec "$@"' - "${munged[@]}"
    else
        "${munged[@]}"
    fi
    slurmctld
    for node in $NODES; do node_up "$node"; done
    for _ in $(seq 60); do
        [ "$(sinfo -h -N -t idle -o %n 2>/dev/null | wc -l)" = 3 ] && { sinfo; return; }
        sleep 0.5
    done
    tail -n 5 "$STATE"/*.log >&2
    refuse "the nodes did not come up"
}

stop() {
    controller-down
    for node in $NODES; do crash "$node"; done
    end munged
    if [ -d "$STATE" ]; then
        [ ! -e "$STATE/made-folder" ] || made_folder=yes
        rm -rf "$STATE"
    fi
    # Without a controller every SLURM command would wait ten seconds for it, and Snakemake's plugin asks one at each start.
    ! conf_is_ours || rm "$CONF"
    [ -z "${made_folder:-}" ] || rmdir --ignore-fail-on-non-empty "${CONF%/*}"
}

# End our processes of a name and wait for it.
end() {
    local pids
    pids=$(ours "$1")
    [ -n "$pids" ] || return 0
    kill $pids 2>/dev/null || true
    for _ in $(seq 100); do
        [ -n "$(ours "$1")" ] || return 0
        sleep 0.1
    done
    kill -9 $pids 2>/dev/null || true
}

controller-down() { end slurmctld; }

controller-up() { slurmctld; }

crash() {
    local pid
    for pid in $(ours slurmd "n$1.log"); do kill -9 "$pid" 2>/dev/null || true; done
    # The steps of a node are slurmstepd processes, the job's ranks are their descendants.
    for pid in $(ours slurmstepd "n$1.log"); do
        kill -9 $(tree "$pid") 2>/dev/null || true
    done
}

resume() {
    node_up "$1"
    scontrol update NodeName="n$1" State=RESUME 2>/dev/null || true
}

case "${1:-}" in
    install | start | stop | controller-down | controller-up) "$1" ;;
    crash | resume) "$1" "${2:?number of the node}" ;;
    status) sinfo && squeue ;;
    *) sed -n '2,9p' "$0"; exit 2 ;;
esac
