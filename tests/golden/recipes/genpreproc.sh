#!/bin/sh
# genpreproc: Flag and average an observation to versions 1, 2 and 3 with NDPPP
# Made by `ledama recipe print genpreproc`; stops at the first step that fails.
set -eu
cd [WORK]

# list-raw
ledama run CreateRefFileFromPath --inputpath /data3/users/lofareor/L2013_80897 --nodes node043-074 --output L80897_000_raw.ref

# parsets-001, after list-raw
ledama run CreateNDPPPParsetFiles --ocommon /data1/users/lofareor/pipeline/L2013_80897_001 --oparset parsets_NDPPP_001 --parset [WORK]/templates/NDPPP_AOflag_avg64to15.parset --reffile L80897_000_raw.ref

# average-001, after parsets-001
ledama run LaunchNDPPP --initfile [WORK]/templates/initndppp.sh --logspath logs_NDPPP_001 --numnodes 32 --numprocessors 1 --parsets parsets_NDPPP_001

# list-001, after average-001
ledama run CreateRefFileFromPath --inputpath /data1/users/lofareor/pipeline/L2013_80897_001 --nodes node043-074 --output L80897_001_avg15ch.ref

# parsets-002, after list-001
ledama run CreateNDPPPParsetFiles --ocommon /data2/users/lofareor/pipeline/L2013_80897_002 --oparset parsets_NDPPP_002 --parset [WORK]/templates/NDPPP_avg15to3.parset --reffile L80897_001_avg15ch.ref

# average-002, after parsets-002
ledama run LaunchNDPPP --initfile [WORK]/templates/initndppp.sh --logspath logs_NDPPP_002 --numnodes 32 --numprocessors 1 --parsets parsets_NDPPP_002

# list-002, after average-002
ledama run CreateRefFileFromPath --inputpath /data2/users/lofareor/pipeline/L2013_80897_002 --nodes node043-074 --output L80897_002_avg3ch.ref

# parsets-003, after list-002
ledama run CreateNDPPPParsetFiles --ocommon /data1/users/lofareor/pipeline/L2013_80897_003 --oparset parsets_NDPPP_003 --parset [WORK]/templates/NDPPP_avg3to1.parset --reffile L80897_002_avg3ch.ref

# average-003, after parsets-003
ledama run LaunchNDPPP --initfile [WORK]/templates/initndppp.sh --logspath logs_NDPPP_003 --numnodes 32 --numprocessors 1 --parsets parsets_NDPPP_003

# list-003, after average-003
ledama run CreateRefFileFromPath --inputpath /data1/users/lofareor/pipeline/L2013_80897_003 --nodes node043-074 --output L80897_003_avg1ch.ref
