// SPDX-License-Identifier: MIT
// The first process (spec 32 section 4.1): its image directly in front of the vDSO, a stack, and one
// message with everything it may want: the vDSO, the initrd, the root resource, itself, the user's
// root job, the crash log, the device tree, and the command line as environment.
#include <init/init.h>

#include <debug/assert.h>
#include <debug/crashlog.h>
#include <debug/log.h>
#include <hal/boot.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/time.h>
#include <lib/string.h>
#include <mem/kmalloc.h>
#include <mem/page.h>
#include <object/channel.h>
#include <object/process.h>
#include <object/random.h>
#include <object/resource.h>
#include <object/settings.h>
#include <object/vmar_object.h>
#include <object/vmo_object.h>
#include <syscalls/vdso-offsets.h>
#include <syscalls/vdso_constants.h>
#include <userboot-offsets.h>
#include <zircon/processargs.h>

#include "version.h"

extern const uint8_t vdso_image_start[] __attribute__((visibility("hidden")));
extern const uint8_t vdso_test1_image_start[] __attribute__((visibility("hidden")));
extern const uint8_t vdso_test2_image_start[] __attribute__((visibility("hidden")));
extern const uint8_t userboot_image_start[] __attribute__((visibility("hidden")));

#define STACK_SIZE (256u * 1024)
#define VMO_RIGHTS_READ_ONLY (ZX_DEFAULT_VMO_RIGHTS & ~(zx_rights_t)ZX_RIGHT_WRITE)
#define CMDLINE_MAX 4096u // spec 31 section 10

// The message's handles, in the order of spec 32 section 4.1.
enum {
    H_VDSO,
    H_VDSO_TEST1,
    H_VDSO_TEST2,
    H_BOOTDATA,
    H_RESOURCE,
    H_STACK,
    H_PROC,
    H_THREAD,
    H_JOB,
    H_VMAR,
    H_CRASHLOG,
    H_FDT,
    H_COUNT,
};
static const uint32_t handle_info[H_COUNT] = {
    [H_VDSO] = PA_HND(PA_VMO_VDSO, 0),
    [H_VDSO_TEST1] = PA_HND(PA_VMO_VDSO, 1),
    [H_VDSO_TEST2] = PA_HND(PA_VMO_VDSO, 2),
    [H_BOOTDATA] = PA_HND(PA_VMO_BOOTDATA, 0),
    [H_RESOURCE] = PA_HND(PA_RESOURCE, 0),
    [H_STACK] = PA_HND(PA_VMO_STACK, 0),
    [H_PROC] = PA_HND(PA_PROC_SELF, 0),
    [H_THREAD] = PA_HND(PA_THREAD_SELF, 0),
    [H_JOB] = PA_HND(PA_JOB_DEFAULT, 0),
    [H_VMAR] = PA_HND(PA_VMAR_ROOT, 0),
    [H_CRASHLOG] = PA_HND(PA_VMO_KERNEL_FILE, 0),
    [H_FDT] = PA_HND(PA_VMO_KERNEL_FILE, 1),
};

// Everything that has to be given back when the start fails half-way.
struct userboot {
    struct object *object[H_COUNT]; // one reference each
    zx_rights_t rights[H_COUNT];
    struct object *channel[2];
    struct packet *message;
    vaddr_t base;     // of the userboot image
    vaddr_t vdso;     // of the vDSO image
    vaddr_t stack;    // low end
};

static zx_status_t vmo_from_bytes(const void *bytes, uint64_t size, const char *name,
                                  struct object **out)
{
    zx_status_t status = vmo_object_create(size, 0, name, out);
    if (status != ZX_OK)
        return status;
    status = size == 0 ? ZX_OK : vmo_write(vmo_from_object(*out), bytes, 0, size);
    if (status != ZX_OK) {
        object_unref(*out);
        *out = NULL;
    }
    return status;
}

// True if no reservation but the initrd's own reaches into [base, base + size).
static bool initrd_stands_alone(paddr_t base, uint64_t size)
{
    for (unsigned i = 0; i < boot_info.reserved_count; i++) {
        const struct boot_range *r = &boot_info.reserved[i];
        bool apart = r->base >= base + size || r->base + r->size <= base;
        if (!apart && !(r->base == base && r->size == size))
            return false;
    }
    return true;
}

// The initrd: the very pages it lies in where they hold nothing else, a copy otherwise.
static zx_status_t make_bootdata(struct object **out)
{
    static const char name[] = "userboot-raw-ramdisk";
    paddr_t base = boot_info.initrd;
    uint64_t bytes = boot_info.initrd_size, size = ROUND_UP(bytes, PAGE_SIZE);
    if (bytes == 0)
        return vmo_from_bytes(NULL, 0, name, out);
    uint8_t *data = hal_phys_to_virt(base);
    if ((base & PAGE_MASK) == 0 && initrd_stands_alone(base, size)) {
        memset(data + bytes, 0, size - bytes);
        if (vmo_object_create_wired(base, size, name, out) == ZX_OK)
            return ZX_OK;
    }
    return vmo_from_bytes(data, bytes, name, out);
}

// The crash log of the last boot, which is told once.
static zx_status_t make_crashlog(struct object **out)
{
    size_t len;
    const char *text = crashlog_last(&len);
    zx_status_t status = vmo_from_bytes(text, len, "crashlog", out);
    if (status == ZX_OK && text != NULL) {
        klog(LOG_WARN, "the last boot ended in a %s: dmesg --last",
             crashlog_last_is_panic() ? "panic" : "reset");
        crashlog_forget();
    }
    if (status == ZX_OK) {
        crashlog_follow();
        log_keep(crashlog_tail);
    }
    return status;
}

// A variant of the vDSO with its constants filled in. All have the same layout.
static zx_status_t make_vdso(const uint8_t *image, const char *name, struct object **out)
{
    struct vdso_constants c = {
        .ticks_to_ns_mult = ticks_to_ns_mult(hal_ticks_per_second()),
        .flags = hal_ticks_unstable() ? VDSO_FLAG_UNSTABLE_COUNTER : 0,
        .ticks_per_second = hal_ticks_per_second(),
        .physmem = page_total_bytes(),
        .max_num_cpus = hal_cpu_count(),
        .features = hal_cpu_features(),
        .dcache_line_size = hal_dcache_line_size(),
        .icache_line_size = hal_icache_line_size(),
    };
    if (settings.soft_ticks) {
        c.flags |= VDSO_FLAG_SOFT_TICKS;
        c.ticks_per_second = 1000000000;
    }
    strlcpy(c.version, JACINTH_VERSION_STRING, sizeof(c.version));
    zx_status_t status = vmo_from_bytes(image, VDSO_IMAGE_SIZE, name, out);
    if (status != ZX_OK)
        return status;
    struct vmo *vmo = vmo_from_object(*out);
    status = vmo_write(vmo, &c, VDSO_CONSTANTS_OFFSET, sizeof(c));
    if (status == ZX_OK)
        vmo_set_vdso(vmo, VDSO_CODE_OFFSET, VDSO_CODE_SIZE);
    return status;
}

// Maps an image of two segments (read-only, then code from `code` on) into `region` at `offset`.
static zx_status_t map_image(struct vmar *region, uint64_t offset, struct vmo *vmo, uint64_t code,
                             uint64_t size)
{
    const unsigned ceiling = HAL_PROT_READ | HAL_PROT_EXEC;
    vaddr_t base;
    zx_status_t status = vmar_map(region, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, offset, vmo, 0, code,
                                  ceiling, &base);
    if (status != ZX_OK)
        return status;
    return vmar_map(region, ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE | ZX_VM_SPECIFIC, offset + code,
                    vmo, code, size - code, ceiling, &base);
}

// userboot, and the vDSO right behind it.
static zx_status_t map_images(struct userboot *u)
{
    struct object *image, *region_obj;
    zx_rights_t ignored;
    struct vmar *root = vmar_from_object(u->object[H_VMAR]);
    zx_status_t status = vmo_from_bytes(userboot_image_start, USERBOOT_IMAGE_SIZE, "userboot",
                                        &image);
    if (status != ZX_OK)
        return status;
    status = vmar_object_allocate(
        root, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_EXECUTE | ZX_VM_CAN_MAP_SPECIFIC, 0,
        USERBOOT_IMAGE_SIZE + VDSO_IMAGE_SIZE, &region_obj, &ignored, &u->base);
    if (status == ZX_OK) {
        struct vmar *region = vmar_from_object(region_obj);
        u->vdso = u->base + USERBOOT_IMAGE_SIZE;
        status = map_image(region, 0, vmo_from_object(image), USERBOOT_CODE_OFFSET,
                           USERBOOT_IMAGE_SIZE);
        if (status == ZX_OK)
            status = map_image(region, USERBOOT_IMAGE_SIZE, vmo_from_object(u->object[H_VDSO]),
                               VDSO_CODE_OFFSET, VDSO_IMAGE_SIZE);
        object_unref(region_obj);
    }
    object_unref(image);
    return status;
}

static zx_status_t make_objects(struct userboot *u)
{
    struct object **o = u->object;
    zx_status_t status = make_vdso(vdso_image_start, "vdso/full", &o[H_VDSO]);
    if (status == ZX_OK)
        status = make_vdso(vdso_test1_image_start, "vdso/test1", &o[H_VDSO_TEST1]);
    if (status == ZX_OK)
        status = make_vdso(vdso_test2_image_start, "vdso/test2", &o[H_VDSO_TEST2]);
    if (status == ZX_OK)
        status = make_bootdata(&o[H_BOOTDATA]);
    if (status == ZX_OK)
        status = resource_create(ZX_RSRC_KIND_ROOT, 0, 0, 0, "root", &o[H_RESOURCE]);
    if (status == ZX_OK)
        status = vmo_object_create(STACK_SIZE, 0, "userboot-initial-stack", &o[H_STACK]);
    if (status == ZX_OK)
        status = process_create(job_super_root(), "userboot", &o[H_PROC], &o[H_VMAR],
                                &u->rights[H_VMAR]);
    if (status == ZX_OK)
        status = uthread_create(process_from_object(o[H_PROC]), "userboot", &o[H_THREAD]);
    if (status == ZX_OK)
        status = job_create(job_super_root(), &o[H_JOB]);
    if (status == ZX_OK)
        status = make_crashlog(&o[H_CRASHLOG]);
    if (status == ZX_OK)
        status = vmo_from_bytes(boot_info.fdt_data, boot_info.fdt_size, "fdt", &o[H_FDT]);
    if (status == ZX_OK)
        status = channel_create(&u->channel[0], &u->channel[1]);
    u->rights[H_VDSO_TEST1] = u->rights[H_VDSO_TEST2] = VMO_RIGHTS_READ_ONLY;
    u->rights[H_VDSO] = u->rights[H_CRASHLOG] = u->rights[H_FDT] = VMO_RIGHTS_READ_ONLY;
    u->rights[H_BOOTDATA] = u->rights[H_STACK] = ZX_DEFAULT_VMO_RIGHTS;
    u->rights[H_RESOURCE] = ZX_DEFAULT_RESOURCE_RIGHTS;
    u->rights[H_PROC] = ZX_DEFAULT_PROCESS_RIGHTS;
    u->rights[H_THREAD] = ZX_DEFAULT_THREAD_RIGHTS;
    u->rights[H_JOB] = ZX_DEFAULT_JOB_RIGHTS;
    return status;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The command line as environment strings: words, '=' appended where missing, other control and
// non-ASCII bytes as '.'. `out` has room for twice the line and a byte. Returns the bytes used.
static size_t make_environ(const char *cmdline, char *out, uint32_t *out_count)
{
    size_t used = 0;
    *out_count = 0;
    for (const char *p = cmdline; *p != 0 && p - cmdline < (ptrdiff_t)CMDLINE_MAX;) {
        if (is_blank(*p)) {
            p++;
            continue;
        }
        bool equals = false;
        for (; *p != 0 && !is_blank(*p) && p - cmdline < (ptrdiff_t)CMDLINE_MAX; p++) {
            uint8_t c = (uint8_t)*p;
            equals |= c == '=';
            out[used++] = c < 0x20 || c > 126 ? '.' : (char)c;
        }
        if (!equals)
            out[used++] = '=';
        out[used++] = 0;
        ++*out_count;
    }
    return used;
}

static zx_status_t make_message(struct userboot *u)
{
    const size_t fixed = sizeof(zx_proc_args_t) + sizeof(handle_info);
    uint8_t *buf = kzalloc(fixed + 2 * CMDLINE_MAX + 2);
    if (buf == NULL)
        return ZX_ERR_NO_MEMORY;
    zx_proc_args_t *args = (zx_proc_args_t *)buf;
    args->protocol = ZX_PROCARGS_PROTOCOL;
    args->version = ZX_PROCARGS_VERSION;
    args->handle_info_off = sizeof(*args);
    args->environ_off = (uint32_t)fixed;
    memcpy(buf + sizeof(*args), handle_info, sizeof(handle_info));
    size_t env = make_environ(boot_info.cmdline, (char *)buf + fixed, &args->environ_num);
    args->args_off = args->names_off = (uint32_t)(fixed + env);

    zx_status_t status = ZX_ERR_NO_MEMORY;
    u->message = packet_alloc((uint32_t)(fixed + env), H_COUNT);
    if (u->message != NULL) {
        packet_fill(u->message, buf);
        status = ZX_OK;
    }
    kfree(buf);
    if (status != ZX_OK)
        return status;
    for (unsigned i = 0; i < H_COUNT; i++)
        u->message->handles[i] =
            (struct transit){ .handle = handle_make(u->object[i], u->rights[i]) };
    u->message->num_handles = H_COUNT;
    return ZX_OK;
}

static zx_status_t build(struct userboot *u)
{
    zx_status_t status = make_objects(u);
    if (status == ZX_OK)
        status = map_images(u);
    if (status == ZX_OK)
        status = vmar_map(vmar_from_object(u->object[H_VMAR]),
                          ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
                          vmo_from_object(u->object[H_STACK]), 0, STACK_SIZE,
                          HAL_PROT_READ | HAL_PROT_WRITE, &u->stack);
    if (status == ZX_OK)
        status = make_message(u);
    return status;
}

zx_status_t kernel_start_userboot(void)
{
    struct userboot u = { 0 };
    struct handle near = { 0 }, far = { 0 };
    zx_status_t status = build(&u);
    if (u.channel[0] != NULL) {
        near = handle_adopt(u.channel[0], ZX_DEFAULT_CHANNEL_RIGHTS);
        far = handle_adopt(u.channel[1], ZX_DEFAULT_CHANNEL_RIGHTS);
    }
    if (status == ZX_OK)
        status = channel_write(near.object, &u.message);
    if (status == ZX_OK) {
        struct process *p = process_from_object(u.object[H_PROC]);
        status = process_start(p, uthread_from_object(u.object[H_THREAD]),
                               u.base + USERBOOT_ENTRY_OFFSET, u.stack + STACK_SIZE, far, u.vdso);
        far.object = NULL; // consumed
    }
    packet_free(u.message);
    if (near.object != NULL)
        handle_drop(near);
    if (far.object != NULL)
        handle_drop(far);
    for (unsigned i = 0; i < H_COUNT; i++) {
        if (u.object[i] != NULL)
            object_unref(u.object[i]);
    }
    return status;
}
