# Becomes process 1 of a node, inside fresh mount, uts and pid namespaces:
#   init.sh NAME ROOT HOME REAL_HOME DISKS SIZE SSHD_CONFIG
#
# A root of its own (a small tmpfs at ROOT with every folder of this machine
# bound into it) gives the node /data1 to /data3 without a trace in the
# machine's root folder. HOME becomes the home folder REAL_HOME. The data disks
# are DISKS/data1 and so on, or a tmpfs each if SIZE is not empty.
set -e
name=$1 root=$2 home=$3 real_home=$4 disks=$5 size=$6 config=$7
hostname "$name"
mount -t tmpfs -o mode=755,size=1m ledama-root "$root"
for entry in /*; do
  case $entry in /data[123]) continue ;; esac
  if [ -L "$entry" ]; then cp -P "$entry" "$root/"
  elif [ -d "$entry" ]; then mkdir "$root$entry"; mount --rbind "$entry" "$root$entry"
  fi
done
for k in 1 2 3; do
  mkdir "$root/data$k"
  if [ -n "$size" ]; then mount -t tmpfs -o "mode=755,size=$size" "$name-data$k" "$root/data$k"
  else mount --bind "$disks/data$k" "$root/data$k"
  fi
done
mount --bind "$home" "$root$real_home"
cd /
exec chroot "$root" /usr/sbin/sshd -D -e -f "$config"
