# U-Boot on the Pine64 runs this from the card of `scripts/image pine64`. The device tree is the one of
# Linux if the card has it, else U-Boot's own.
setenv from "${devtype} ${devnum}:${distro_bootpart}"
load ${from} ${kernel_addr_r} jacinth.env && env import -t -r ${kernel_addr_r} ${filesize} bootargs
setenv tree ${fdtcontroladdr}
if test -e ${from} dtb/${fdtfile}; then
    load ${from} ${fdt_addr_r} dtb/${fdtfile}
    fdt addr ${fdt_addr_r}
    fdt resize 65536
    setenv tree ${fdt_addr_r}
fi
if test -e ${from} jacinth.itb; then
    load ${from} ${ramdisk_addr_r} jacinth.itb
    bootm ${ramdisk_addr_r}#conf-1 ${ramdisk_addr_r}#conf-1 ${tree}
elif load ${from} ${kernel_addr_r} Image && load ${from} ${ramdisk_addr_r} initrd.cpio; then
    booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${tree}
fi
echo "Jacinth was not started: see the message above"
