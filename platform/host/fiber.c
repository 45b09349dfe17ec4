// SPDX-License-Identifier: MIT
// Fibers: stacks that are switched by hand, each switch announced to the sanitizers.
//
// The sanitizer hooks are weak references, so one object serves every kind of build: a hook that
// the runtime does not supply is NULL.
#include "machine.h"

#include <string.h>

void host_context_switch(void **save_sp, void *new_sp);
void *host_context_init(void *stack_top, void (*start)(void));
void *host_context_frame(void *saved_sp);
void *host_context_pc(void *saved_sp);

#define WEAK __attribute__((weak))
WEAK void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size);
WEAK void __sanitizer_finish_switch_fiber(void *fake_stack, const void **old_bottom,
                                          size_t *old_size);
WEAK void __sanitizer_symbolize_pc(void *pc, const char *fmt, char *out, size_t size);
WEAK void __asan_unpoison_memory_region(void const volatile *p, size_t size);
WEAK void *__tsan_create_fiber(unsigned flags);
WEAK void __tsan_destroy_fiber(void *fiber);
WEAK void *__tsan_get_current_fiber(void);
WEAK void __tsan_switch_to_fiber(void *fiber, unsigned flags);
WEAK void __tsan_acquire(void *addr);
WEAK void __tsan_release(void *addr);

#define TSAN_SWITCH_NO_SYNC 1u

void host_tsan_acquire(void *p)
{
    if (__tsan_acquire != NULL)
        __tsan_acquire(p);
}

void host_tsan_release(void *p)
{
    if (__tsan_release != NULL)
        __tsan_release(p);
}

void host_unpoison(void *p, size_t size)
{
    if (__asan_unpoison_memory_region != NULL)
        __asan_unpoison_memory_region(p, size);
}

void host_fiber_init(struct host_fiber *f, void *stack, size_t size, void (*start)(void))
{
    *f = (struct host_fiber){ .bottom = stack, .size = size };
    f->sp = host_context_init((char *)stack + size, start);
    if (__tsan_create_fiber != NULL)
        f->tsan = __tsan_create_fiber(0);
}

void host_fiber_adopt_current(struct host_fiber *f)
{
    pthread_attr_t attr;
    void *stack = NULL;
    size_t size = 0;

    *f = (struct host_fiber){ 0 };
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstack(&attr, &stack, &size);
        pthread_attr_destroy(&attr);
    }
    f->bottom = stack;
    f->size = size;
    if (__tsan_get_current_fiber != NULL)
        f->tsan = __tsan_get_current_fiber();
}

void host_fiber_entered(void)
{
    if (__sanitizer_finish_switch_fiber != NULL)
        __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}

void host_fiber_switch(struct host_fiber *from, struct host_fiber *to, bool ordered, bool from_dies)
{
    if (__sanitizer_start_switch_fiber != NULL)
        __sanitizer_start_switch_fiber(from_dies ? NULL : &from->asan, to->bottom, to->size);
    if (__tsan_switch_to_fiber != NULL)
        __tsan_switch_to_fiber(to->tsan, ordered ? 0 : TSAN_SWITCH_NO_SYNC);
    host_context_switch(&from->sp, to->sp);
    if (__sanitizer_finish_switch_fiber != NULL)
        __sanitizer_finish_switch_fiber(from->asan, NULL, NULL);
}

void host_fiber_join(struct host_fiber *f, struct host_fiber *self)
{
    if (__tsan_switch_to_fiber != NULL && f->tsan != NULL) {
        __tsan_switch_to_fiber(f->tsan, 0);
        __tsan_switch_to_fiber(self->tsan, 0);
    }
}

void host_fiber_destroy(struct host_fiber *f)
{
    if (f->tsan != NULL && __tsan_destroy_fiber != NULL)
        __tsan_destroy_fiber(f->tsan);
    *f = (struct host_fiber){ 0 };
}

// One line of a backtrace.
static void print_pc(void *pc)
{
    char text[256];

    if (__sanitizer_symbolize_pc != NULL) {
        __sanitizer_symbolize_pc((char *)pc - 1, "%f %s:%l", text, sizeof(text));
        host_print("      %s\n", text);
    } else {
        host_print("      %p\n", pc);
    }
}

void host_print_frames(uintptr_t pc, uintptr_t frame, uintptr_t low, uintptr_t high)
{
    print_pc((void *)pc);
    for (int depth = 0; depth < 24; depth++) {
        if (frame < low || frame + 16 > high || frame % 8 != 0)
            break;
        uintptr_t next;
        memcpy(&next, (void *)frame, sizeof(next));
        memcpy(&pc, (void *)(frame + 8), sizeof(pc));
        if (pc == 0)
            break;
        print_pc((void *)pc);
        if (next <= frame)
            break;
        frame = next;
    }
}

void host_print_backtrace(const struct hal_thread *t)
{
    const struct host_fiber *f = &t->plat.fiber;

    if (f->sp != NULL && t->plat.on_cpu == 0)
        host_print_frames((uintptr_t)host_context_pc(f->sp), (uintptr_t)host_context_frame(f->sp),
                          (uintptr_t)f->bottom, (uintptr_t)f->bottom + f->size);
}
