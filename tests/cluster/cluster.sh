#!/usr/bin/env bash
# A real SLURM cluster of three nodes on this machine, for tests: bash tests/cluster/cluster.sh install|start|stop|status
#
# install   Debian's slurm-wlm and munge (as root, with network to Debian's packages)
# start     munged, slurmctld, and slurmd for the nodes n1, n2, n3
# stop      end all of them
# crash N   kill node N's slurmd and the steps it runs, as a power cut would
# Exit status 3, with a reason, where this machine cannot run it.
set -euo pipefail

STATE=/var/lib/nubounds-test-cluster
CONF=/etc/slurm/slurm.conf
NODES="1 2 3"

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

write_conf() {
    local host
    host=$(hostname -s)
    # Job numbers that no earlier cluster used: MPICH names its shared memory after them, and a killed job leaves it behind.
    mkdir -p /etc/slurm "$STATE"
    cat >"$CONF" <<END
# Written by tests/cluster/cluster.sh
ClusterName=nubounds
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
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
    [ ! -e "$CONF" ] || grep -q "Written by tests/cluster" "$CONF" || refuse "$CONF belongs to another cluster"
    stop
    write_conf
    mkdir -p "$STATE/ctld" /run/munge
    [ -s /etc/munge/munge.key ] || mungekey -c -f
    chown -R munge:munge /run/munge /etc/munge /var/lib/munge /var/log/munge
    chmod 755 /run/munge
    runuser -u munge -- munged || true
    slurmctld
    for node in $NODES; do slurmd -N "n$node"; done
    for _ in $(seq 60); do
        [ "$(sinfo -h -N -t idle -o %n 2>/dev/null | wc -l)" = 3 ] && { sinfo; return; }
        sleep 0.5
    done
    tail -n 5 "$STATE"/*.log >&2
    refuse "the nodes did not come up"
}

stop() {
    pkill -x slurmctld || true
    for node in $NODES; do crash "$node"; done
    pkill -x munged || true
    for _ in $(seq 50); do
        pgrep -x slurmctld >/dev/null || pgrep -x slurmd >/dev/null || pgrep -x munged >/dev/null || break
        sleep 0.1
    done
    rm -rf "$STATE"
    # Without a controller every SLURM command would wait ten seconds for it, and Snakemake's plugin asks one at each start.
    [ ! -e "$CONF" ] || ! grep -q "Written by tests/cluster" "$CONF" || rm "$CONF"
}

crash() {
    [ -e "$STATE/n$1.pid" ] && kill -9 "$(cat "$STATE/n$1.pid")" 2>/dev/null || true
    # The steps of a node are slurmstepd processes whose children are the job's ranks; they carry the node's name.
    for step in $(pgrep -x slurmstepd || true); do
        if { tr '\0' '\n' <"/proc/$step/environ"; } 2>/dev/null | grep -qx "SLURMD_NODENAME=n$1" || ls -l "/proc/$step/fd" 2>/dev/null | grep -q "spool-n$1\|n$1.log"; then
            pkill -9 -P "$step" || true
            kill -9 "$step" 2>/dev/null || true
        fi
    done
}

resume() {
    slurmd -N "n$1"
    scontrol update NodeName="n$1" State=RESUME 2>/dev/null || true
}

case "${1:-}" in
    install | start | stop) "$1" ;;
    crash | resume) "$1" "${2:?number of the node}" ;;
    status) sinfo && squeue ;;
    *) sed -n '2,9p' "$0"; exit 2 ;;
esac
