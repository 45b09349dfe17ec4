# SPDX-License-Identifier: MIT
#
# The part of scripts/setup that fetches firmware: boot loaders, TF-A, the Raspberry Pi's first stage
# and the device trees of Linux, from the packages that firmware.lock pins by their hash, into
# $cache/firmware. Nothing is installed. scripts/lib/firmware.py finds the files again.
#
# It uses of setup: say, fail, have, fetch, $scripts, $cache, $work, $dry_run.

firmware_lock=$scripts/lib/firmware.lock

# What is taken from a package: patterns of tar. Of the others only the licence is wanted, since their
# code is part of what goes onto a card.
firmware_files() {
    case $1 in
    u-boot-qemu) echo ./usr/lib/u-boot/qemu_arm64/u-boot.bin ;;
    u-boot-rpi) echo ./usr/lib/u-boot/rpi_4/u-boot.bin ;;
    u-boot-sunxi) echo ./usr/lib/u-boot/pine64_plus/*.{bin,itb,dtb} './usr/lib/u-boot/*/*.dtb' ;;
    arm-trusted-firmware) echo ./usr/lib/arm-trusted-firmware/{rpi4,sun50i_a64}/bl31.bin ;;
    raspi-firmware) echo ./usr/lib/raspi-firmware/{start4.elf,fixup4.dat} ;;
    linux-image) echo './usr/lib/linux-image-*/*.dtb' ;;
    esac
}

# The package that an archive of today is asked for.
firmware_package() {
    case $1 in
    linux-image) echo linux-image-arm64 ;;
    *) echo "$1" ;;
    esac
}

# unpack_firmware NAME PACKAGE: takes the files out of a package, into $cache/firmware.
unpack_firmware() {
    local name=$1 package=$2 new=$work/firmware
    local -a patterns
    set -f
    # shellcheck disable=SC2207 # words are what is wanted
    patterns=($(firmware_files "$name"))
    set +f
    rm -rf "$new"
    mkdir -p "$new/usr/lib" || return 1
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$new" --no-same-owner --wildcards \
        "${patterns[@]}" './usr/share/doc/*/copyright' 2>/dev/null || return 1
    mv "$new"/usr/lib/linux-image-* "$new/usr/lib/dtbs" 2>/dev/null
    mv "$new"/usr/share/doc/* "$new/usr/share/doc/$name" 2>/dev/null
    [ -e "$new/usr/share/doc/$name/copyright" ] || return 1
    mkdir -p "$cache/firmware/doc" && cp -r "$new"/usr/lib/. "$cache/firmware" &&
        cp -r "$new/usr/share/doc/$name" "$cache/firmware/doc"
}

# fetch_firmware_package NAME BASES: the first of the lock's packages of that name that an archive
# has. Leaves a mark with its hash.
fetch_firmware_package() {
    local name=$1 bases=$2 path sha256 base mark=$cache/firmware/.$1
    while read -r path sha256; do
        [ "$(cat "$mark" 2>/dev/null)" = "$sha256" ] && return 0
    done < <(sed -n "s/^$name //p" "$firmware_lock")
    if [ "$dry_run" = yes ]; then
        say "fetching $name's firmware into $cache/firmware"
        return 0
    fi
    rm -f "$mark"
    while read -r path sha256; do
        for base in $bases; do
            if fetch "$base/$path" "$sha256" "$work/package.deb" &&
                unpack_firmware "$name" "$work/package.deb"; then
                say "$name from $(basename "$path")"
                echo "$sha256" >"$mark"
                return 0
            fi
        done
    done < <(sed -n "s/^$name //p" "$firmware_lock")
    return 1
}

fetch_firmware() {
    local name bases
    local -a missing=()
    mkdir -p "$cache/firmware" || fail "cannot make $cache/firmware"
    have dpkg-deb || fail "no dpkg-deb here to unpack Debian's packages of firmware; copy the files \
together as docs/images.md says and name their folder: --firmware DIR, or JACINTH_FIRMWARE=DIR"
    bases=$(python3 "$scripts/lib/aptsources.py" bases "$(. /etc/os-release &&
        echo "${VERSION_CODENAME:-}")")
    while read -r name; do
        fetch_firmware_package "$name" "$bases" || missing+=("$name")
    done < <(sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$firmware_lock" | sort -u)
    [ ${#missing[@]} -eq 0 ] || fail "could not fetch the firmware of ${missing[*]}: no archive of this \
machine's apt sources has the versions that scripts/lib/firmware.lock pins. On Debian, 'scripts/setup \
images --pin' prints the lines of the versions that there are; put them into that file. Elsewhere, \
copy the files together as docs/images.md says and name their folder: JACINTH_FIRMWARE=DIR"
}

# Prints lines for firmware.lock: what the archives have today, by their signed lists, which are
# fetched into a private place.
pin_firmware() {
    local codename name package
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    mkdir -p "$work/pin/parts" "$work/pin/lists/partial"
    python3 "$scripts/lib/aptsources.py" suite "$codename" "$codename" main non-free-firmware \
        non-free >"$work/pin/parts/jacinth.sources" && [ -s "$work/pin/parts/jacinth.sources" ] ||
        fail "no apt source of this machine serves $codename"
    local -a private=(-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/pin/parts"
        -o "Dir::State::lists=$work/pin/lists" -o Dir::State::status=/dev/null
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Acquire::Languages=none
        -o APT::Architectures::=arm64 -o APT::Sandbox::User=)
    apt-get -q "${private[@]}" -o Acquire::Retries=3 update >"$work/update.log" 2>&1 ||
        fail "apt-get update: $(grep -E '^(E|W):' "$work/update.log" | head -n 3)"
    while read -r name; do
        package=$(firmware_package "$name")
        # The kernel's package is named by another that only depends on it.
        [ "$name" != linux-image ] || package=$(apt-cache "${private[@]}" depends "$package:arm64" |
            sed -n 's/^ *Depends: \(linux-image-[^:]*\).*/\1/p' | head -n 1)
        { apt-cache "${private[@]}" show "$package:arm64" 2>/dev/null ||
            apt-cache "${private[@]}" show "$package"; } | awk -v "name=$name" '
            /^Filename:/ { path = $2 }
            /^SHA256:/ { sha256 = $2 }
            /^$/ && path { exit }
            END { if (path) print name, path, sha256; else exit 1 }' ||
            say "no package $package in $codename" >&2
    done < <(sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$firmware_lock" | sort -u)
}
