// SPDX-License-Identifier: MIT
// What a thread is like: its stack and its name.
#include "thread_impl.h"

#include <string.h>

#include "lock.h"

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
    *attr = (pthread_attr_t){0};
    attr->_a_detach = thread->detach_state == DT_DETACHED;
    attr->_a_guardsize = thread->guard_size;
    attr->_a_stackaddr = (uintptr_t)thread->stack;
    attr->_a_stacksize = thread->stack_size;
    return 0;
}

// Both look at the thread with its handle held, so that it does not end meanwhile.
int pthread_setname_np(pthread_t thread, const char *name)
{
    size_t length = strnlen(name, ZX_MAX_NAME_LEN);
    zx_status_t status = ZX_ERR_BAD_HANDLE;

    if (length >= ZX_MAX_NAME_LEN)
        return ERANGE;
    LOCK(thread->killlock);
    if (thread->handle)
        status = zx_object_set_property(thread->handle, ZX_PROP_NAME, name, length);
    UNLOCK(thread->killlock);
    return status == ZX_OK ? 0 : ESRCH;
}

int pthread_getname_np(pthread_t thread, char *name, size_t size)
{
    char full[ZX_MAX_NAME_LEN] = "";
    zx_status_t status = ZX_ERR_BAD_HANDLE;

    LOCK(thread->killlock);
    if (thread->handle)
        status = zx_object_get_property(thread->handle, ZX_PROP_NAME, full, sizeof(full));
    UNLOCK(thread->killlock);
    if (status != ZX_OK)
        return ESRCH;
    if (strlen(full) >= size)
        return ERANGE;
    strcpy(name, full);
    return 0;
}
