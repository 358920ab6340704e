#!/bin/sh
# gencopytarget2eor: Copy observations from the archive to the cluster
# Made by `ledama recipe print gencopytarget2eor`; stops at the first step that fails.
set -eu
cd [WORK]

# copy-L80897_B0
ledama run CopyData --reffile L80897_B0_TARGET.ref --output L80897_B0.ref --copypath /data3/users/lofareor/L80897 --nodes node011-042 --statuspath logsL80897_B0 --numnodes 32

# copy-L80897_B1-6
ledama run CopyData --reffile L80897_B1-6_TARGET.ref --output L80897_B1-6.ref --copypath /data3/users/lofareor/L80897 --nodes node011-042 --statuspath logsL80897_B1-6 --numnodes 32

# copy-L80897_002
ledama run CopyData --reffile L80897_002_TARGET.ref --output L80897_002.ref --copypath /data3/users/lofareor/pipeline/L80897_002 --nodes node011-042 --statuspath logsL80897_002 --numnodes 32
