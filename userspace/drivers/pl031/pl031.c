// SPDX-License-Identifier: MIT
//
// ARM PrimeCell RTC (PL031; registers: ARM DDI 0224, section 3): a counter of seconds since 1970.
// Sets the system's UTC when it starts, and serves protocol `rtc`. Needs no interrupt.

#include <driver/driver.h>
#include <protocol/rtc.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define RTC_DATA      0x00u // the time, read only
#define RTC_LOAD      0x08u // sets the time
#define RTC_CONTROL   0x0cu // bit 0: runs
#define RTC_REGISTERS 0x10u

static struct driver_registers registers;

static void get(void *context, const struct ipc_request *request)
{
    (void)context;
    (void)rtc_reply_get(request, ZX_OK, driver_read32(&registers, RTC_DATA));
}

static void set(void *context, const struct ipc_request *request, uint64_t seconds)
{
    (void)context;
    if (seconds <= UINT32_MAX) {
        driver_write32(&registers, RTC_LOAD, (uint32_t)seconds);
    }
    (void)rtc_reply_set(request, seconds <= UINT32_MAX ? ZX_OK : ZX_ERR_OUT_OF_RANGE);
}

int main(void)
{
    static const struct rtc_server server = {.get = get, .set = set};
    struct vfs_loop *loop;
    zx_status_t status = driver_map_registers(0, RTC_REGISTERS, &registers);

    if (status == ZX_OK) {
        driver_write32(&registers, RTC_CONTROL, 1);
        status = driver_set_clock((zx_time_t)driver_read32(&registers, RTC_DATA) * ZX_SEC(1));
    }
    if (status == ZX_OK) {
        status = vfs_loop_create(&loop);
    }
    if (status == ZX_OK) {
        status = driver_run(loop, rtc_binding(&server, NULL));
    }
    if (status != ZX_OK) {
        driver_say("cannot go on", status);
    }
    return status == ZX_OK ? 0 : 1;
}
