# U-Boot on the Raspberry Pi 4 runs this from the card of `scripts/image rpi4`. The device tree is the
# one that the firmware has handed over, with its memory, its CPUs and its seeds: ${fdt_addr}.
setenv from "${devtype} ${devnum}:${distro_bootpart}"
load ${from} ${ramdisk_addr_r} jacinth.env && env import -t -r ${ramdisk_addr_r} ${filesize} bootargs
if load ${from} ${kernel_addr_r} Image && load ${from} ${ramdisk_addr_r} initrd.cpio; then
    booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdt_addr}
fi
echo "Jacinth was not started: see the message above"
