#!/bin/sh
# genpreproc: Flag and average an observation to versions 1, 2 and 3 with NDPPP
# Made by `ledama recipe print genpreproc`; stops at the first step that fails.
set -eu
cd [WORK]

# list-raw
ledama run CreateRefFileFromPath --inputpath /data3/users/lofareor/L2013_80897 --nodes node043-074 --output L80897_000_raw.ref

# parsets-001, after list-raw
ledama run CreateNDPPPParsetFiles --reffile L80897_000_raw.ref --parset templates/NDPPP_AOflag_avg64to15.parset --oparset parsets_NDPPP_001 --ocommon /data1/users/lofareor/pipeline/L2013_80897_001

# average-001, after parsets-001
ledama run LaunchNDPPP --parsets parsets_NDPPP_001 --numnodes 32 --logspath logs_NDPPP_001 --initfile templates/initndppp.sh

# list-001, after average-001
ledama run CreateRefFileFromPath --inputpath /data1/users/lofareor/pipeline/L2013_80897_001 --nodes node043-074 --output L80897_001_avg15ch.ref

# parsets-002, after list-001
ledama run CreateNDPPPParsetFiles --reffile L80897_001_avg15ch.ref --parset templates/NDPPP_avg15to3.parset --oparset parsets_NDPPP_002 --ocommon /data2/users/lofareor/pipeline/L2013_80897_002

# average-002, after parsets-002
ledama run LaunchNDPPP --parsets parsets_NDPPP_002 --numnodes 32 --logspath logs_NDPPP_002 --initfile templates/initndppp.sh

# list-002, after average-002
ledama run CreateRefFileFromPath --inputpath /data2/users/lofareor/pipeline/L2013_80897_002 --nodes node043-074 --output L80897_002_avg3ch.ref

# parsets-003, after list-002
ledama run CreateNDPPPParsetFiles --reffile L80897_002_avg3ch.ref --parset templates/NDPPP_avg3to1.parset --oparset parsets_NDPPP_003 --ocommon /data1/users/lofareor/pipeline/L2013_80897_003

# average-003, after parsets-003
ledama run LaunchNDPPP --parsets parsets_NDPPP_003 --numnodes 32 --logspath logs_NDPPP_003 --initfile templates/initndppp.sh

# list-003, after average-003
ledama run CreateRefFileFromPath --inputpath /data1/users/lofareor/pipeline/L2013_80897_003 --nodes node043-074 --output L80897_003_avg1ch.ref
