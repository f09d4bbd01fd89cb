# SPDX-License-Identifier: GPL-2.0-only
# machine: amd-mediated
# about: AMD host with PerfMonV2, mediated vPMU on, nobody using it.
sh /lab/snapshot.sh
