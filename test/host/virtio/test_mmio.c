// SPDX-License-Identifier: MIT
//
// The MMIO transport against a model of its registers, and against devices that say what they like.

#include "virtio_tests.h"

#include <virtio/mmio.h>
#include <zircon/errors.h>

#define FEATURE_A (UINT64_C(1) << 3)
#define FEATURE_B (UINT64_C(1) << 40)
#define VERSION_1 (UINT64_C(1) << 32)

// The model: what is read, and the steps that were seen.
static struct {
    uint32_t magic, version, kind, status, queue_max, queue_ready, queue_selected;
    uint64_t offered, accepted;
    uint32_t offered_select, accepted_select;
    uint32_t registers[64]; // written ones that only are remembered
    uint32_t interrupt, config[4], generation;
    bool no_features, no_reset, restless;
} model;

static uint32_t model_read(void *context, size_t at)
{
    assert_ptr_equal(context, &model);
    switch (at) {
    case 0x000: return model.magic;
    case 0x004: return model.version;
    case 0x008: return model.kind;
    case 0x010: return (uint32_t)(model.offered >> (model.offered_select ? 32 : 0));
    case 0x034: return model.queue_selected == 0 ? model.queue_max : 0;
    case 0x044: return model.queue_ready;
    case 0x060: return model.interrupt;
    case 0x070: return model.status;
    case 0x0fc: return model.restless ? model.generation++ : model.generation;
    default: break;
    }
    assert_true(at >= 0x100 && at < 0x110 && at % 4 == 0);
    return model.config[(at - 0x100) / 4];
}

static void write_status(uint32_t value)
{
    if (value == 0) {
        model.status = model.no_reset ? model.status : 0;
        model.queue_ready = 0;
        return;
    }
    // Bits are only added, and FEATURES_OK stands only for features that are known.
    assert_int_equal(value & model.status, model.status);
    if ((value & 8) != 0 && (model.no_features || (model.accepted & ~model.offered) != 0)) {
        value &= ~8u;
    }
    model.status = value;
}

static void model_write(void *context, size_t at, uint32_t value)
{
    uint32_t shift = model.accepted_select ? 32 : 0;

    assert_ptr_equal(context, &model);
    assert_true(at < 0x100 && at % 4 == 0);
    model.registers[at / 4] = value;
    switch (at) {
    case 0x014: model.offered_select = value; break;
    case 0x020:
        model.accepted &= ~(UINT64_C(0xffffffff) << shift);
        model.accepted |= (uint64_t)value << shift;
        break;
    case 0x024: model.accepted_select = value; break;
    case 0x030: model.queue_selected = value; break;
    case 0x044: model.queue_ready = value; break;
    case 0x064: model.interrupt &= ~value; break;
    case 0x070: write_status(value); break;
    default: break;
    }
}

static const struct virtio_mmio device = {model_read, model_write, &model};

static void begin(void)
{
    memset(&model, 0, sizeof(model));
    model.magic = 0x74726976;
    model.version = 2;
    model.kind = VIRTIO_KIND_BLOCK;
    model.status = 15; // of somebody before
    model.queue_max = 1024;
    model.offered = VERSION_1 | FEATURE_A;
}

static void test_from_reset_to_running(void **state)
{
    static _Alignas(16) uint8_t page[VIRTIO_QUEUE_BYTES];
    struct virtio_queue queue;
    uint64_t got;

    (void)state;
    begin();
    assert_int_equal(virtio_mmio_begin(&device, VIRTIO_KIND_BLOCK, FEATURE_A | FEATURE_B, &got),
                     ZX_OK);
    assert_int_equal(got, FEATURE_A);
    assert_int_equal(model.accepted, VERSION_1 | FEATURE_A);
    assert_int_equal(model.status, 1 | 2 | 8);
    assert_int_equal(virtio_queue_init(&queue, page, 64), ZX_OK);
    assert_int_equal(virtio_mmio_set_queue(&device, 0, &queue, 0x123456000), ZX_OK);
    assert_int_equal(model.registers[0x38 / 4], 64);
    assert_int_equal(model.registers[0x80 / 4], 0x23456000);
    assert_int_equal(model.registers[0x84 / 4], 1);
    assert_int_equal(model.registers[0x90 / 4], 0x23456000 + VIRTIO_QUEUE_AVAILABLE);
    assert_int_equal(model.registers[0xa0 / 4], 0x23456000 + VIRTIO_QUEUE_USED);
    assert_int_equal(model.queue_ready, 1);
    assert_int_equal(virtio_mmio_set_queue(&device, 0, &queue, 0), ZX_ERR_NOT_SUPPORTED);
    model.queue_ready = 0;
    assert_int_equal(virtio_mmio_set_queue(&device, 1, &queue, 0), ZX_ERR_NOT_SUPPORTED);
    virtio_mmio_run(&device);
    assert_int_equal(model.status, 15);
    virtio_mmio_notify(&device, 0);
    model.interrupt = 0xff;
    assert_int_equal(virtio_mmio_take_interrupt(&device), 3);
    assert_int_equal(model.interrupt, 0xfc);
    assert_int_equal(virtio_mmio_reset(&device), ZX_OK);
    assert_int_equal(model.status, 0);
}

static zx_status_t begin_block(void)
{
    uint64_t got;

    return virtio_mmio_begin(&device, VIRTIO_KIND_BLOCK, FEATURE_A, &got);
}

static void test_devices_that_are_refused(void **state)
{
    (void)state;
    begin();
    model.magic++;
    assert_int_equal(begin_block(), ZX_ERR_NOT_SUPPORTED);
    begin();
    model.version = 1;
    assert_int_equal(begin_block(), ZX_ERR_NOT_SUPPORTED);
    begin();
    model.kind = VIRTIO_KIND_ENTROPY;
    assert_int_equal(begin_block(), ZX_ERR_NOT_SUPPORTED);
    begin();
    model.offered = FEATURE_A;
    assert_int_equal(begin_block(), ZX_ERR_NOT_SUPPORTED);
    begin();
    model.no_features = true;
    assert_int_equal(begin_block(), ZX_ERR_NOT_SUPPORTED);
    begin();
    model.no_reset = true;
    assert_int_equal(begin_block(), ZX_ERR_TIMED_OUT);
}

static void test_configuration(void **state)
{
    uint32_t words[2];

    (void)state;
    begin();
    model.config[1] = 11;
    model.config[2] = 22;
    assert_int_equal(virtio_mmio_read_config(&device, 4, words, 2), ZX_OK);
    assert_int_equal(words[0], 11);
    assert_int_equal(words[1], 22);
    model.restless = true;
    assert_int_equal(virtio_mmio_read_config(&device, 4, words, 2), ZX_ERR_TIMED_OUT);
}

int run_mmio_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_reset_to_running),
        cmocka_unit_test(test_devices_that_are_refused),
        cmocka_unit_test(test_configuration),
    };

    return cmocka_run_group_tests_name("mmio", tests, NULL, NULL);
}
