#!/bin/sh
# gencopyeor2target: Copy processed versions of an observation from the cluster to the archive
# Made by `ledama recipe print gencopyeor2target`; stops at the first step that fails.
set -eu
cd [WORK]

# copy-L80897_001
ledama run CopyData --reffile L80897_001.ref --output L80897_001_TARGET.ref --copypath L80897_001 --nodes ARCHIVE_PROC --statuspath logsL80897_001 --numnodes 32

# copy-L80897_002
ledama run CopyData --reffile L80897_002.ref --output L80897_002_TARGET.ref --copypath L80897_002 --nodes ARCHIVE_PROC --statuspath logsL80897_002 --numnodes 32

# copy-L80897_003
ledama run CopyData --reffile L80897_003.ref --output L80897_003_TARGET.ref --copypath L80897_003 --nodes ARCHIVE_PROC --statuspath logsL80897_003 --numnodes 32
