# SPDX-License-Identifier: GPL-2.0-only
# machine: arm64-hybrid
# about: arm64 host with two PMUs, Cortex-A53's on CPUs 0-1 and Cortex-A72's on CPUs 2-3.
sh /lab/snapshot.sh
