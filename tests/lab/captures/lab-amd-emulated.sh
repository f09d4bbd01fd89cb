# SPDX-License-Identifier: GPL-2.0-only
# machine: amd-emulated
# about: AMD host with PerfMonV2, mediated vPMU off as it is by default.
sh /lab/snapshot.sh
