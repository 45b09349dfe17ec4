# U-Boot on QEMU's virt runs this from the disk of `scripts/image virt`. The device tree is the one that
# QEMU made, which U-Boot has copied to ${fdtcontroladdr}.
setenv from "${devtype} ${devnum}:${distro_bootpart}"
load ${from} ${kernel_addr_r} jacinth.env && env import -t -r ${kernel_addr_r} ${filesize} bootargs
if test -e ${from} jacinth.itb; then
    load ${from} ${ramdisk_addr_r} jacinth.itb
    bootm ${ramdisk_addr_r}#conf-1 ${ramdisk_addr_r}#conf-1 ${fdtcontroladdr}
elif load ${from} ${kernel_addr_r} Image && load ${from} ${ramdisk_addr_r} initrd.cpio; then
    booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}
fi
echo "Jacinth was not started: see the message above"
