# SPDX-License-Identifier: MIT
# Threads: struct pthread and its memory, start and end, and locks on the sync library.
libc_sources(NO_STACK_PROTECTOR memory.c init_tls.c entry.c)
libc_sources(thread_self.c ring.c pthread_create.c pthread_exit.c pthread_join.c deadline.c
    attributes.c missing.c lock_attributes.c pthread_mutex.c pthread_cond.c c11.c)
libc_calls("futex 6")

# The sync library's functions, under names of libc's own: a program may link with that library too.
set(folder ${PROJECT_SOURCE_DIR}/userspace/lib/sync)
set(renames "")
foreach(name mutex_lock mutex_lock_with_waiter mutex_timedlock mutex_trylock mutex_unlock
        condition_wait condition_timedwait condition_signal condition_broadcast)
    list(APPEND renames sync_${name}=__thread_sync_${name})
endforeach()
set(users ${folder}/mutex.c ${folder}/condition.c)
list(APPEND libc_all_sources ${users})
foreach(file pthread_mutex.c pthread_cond.c c11.c)
    list(APPEND users ${libc_folder}/${file})
endforeach()
set_source_files_properties(${users} PROPERTIES COMPILE_DEFINITIONS "${renames}")
list(APPEND libc_unprotected_sources ${folder}/mutex.c ${folder}/condition.c)
list(APPEND libc_more_includes ${folder}/include)

# The rest of musl's src/thread is used as it is: keys, once, rwlock, barrier, spin, semaphores,
# attributes, tss_*, call_once and the locks of the library itself.
set(linux "made for Linux's clone() and futex()")
set(no_cancel "threads cannot be cancelled")
libc_replaces(
    src/env/__init_tls.c "init_tls.c, memory.c: the thread's memory is mapped from a VMO"
    src/env/__reset_tls.c "for musl's dynamic linker"
    src/thread/__timedwait.c "deadline.c: on zx_futex_wait()"
    src/thread/__wait.c "deadline.c: on zx_futex_wait()"
    src/thread/__set_thread_area.c "the thread pointer is a register that programs set"
    src/thread/__syscall_cp.c "${no_cancel}"
    src/thread/syscall_cp.c "${no_cancel}"
    src/thread/__unmapself.c "${linux}"
    src/thread/clone.c "${linux}"
    src/thread/synccall.c "missing.c: nothing interrupts a thread"
    src/thread/pthread_create.c "pthread_create.c, pthread_exit.c, ring.c"
    src/thread/pthread_join.c "pthread_join.c"
    src/thread/pthread_detach.c "pthread_join.c"
    src/thread/pthread_cancel.c "missing.c: ${no_cancel}"
    src/thread/pthread_setcancelstate.c "missing.c: ${no_cancel}"
    src/thread/pthread_setcanceltype.c "missing.c: ${no_cancel}"
    src/thread/pthread_kill.c "missing.c: there are no signals"
    src/thread/pthread_getcpuclockid.c "missing.c: clocks have no numbers for threads"
    src/thread/pthread_atfork.c "missing.c: there is no fork()"
    src/thread/pthread_getattr_np.c "attributes.c: the first thread's stack is known"
    src/thread/pthread_getname_np.c "attributes.c: the kernel keeps the name"
    src/thread/pthread_setname_np.c "attributes.c: the kernel keeps the name"
    src/thread/pthread_mutex_init.c "pthread_mutex.c: on the sync library"
    src/thread/pthread_mutex_destroy.c "pthread_mutex.c"
    src/thread/pthread_mutex_lock.c "pthread_mutex.c"
    src/thread/pthread_mutex_timedlock.c "pthread_mutex.c"
    src/thread/pthread_mutex_trylock.c "pthread_mutex.c"
    src/thread/pthread_mutex_unlock.c "pthread_mutex.c"
    src/thread/pthread_mutex_consistent.c "lock_attributes.c: no robust mutexes"
    src/thread/pthread_mutexattr_setrobust.c "lock_attributes.c: no robust mutexes"
    src/thread/pthread_mutexattr_setprotocol.c "lock_attributes.c: no inherited priorities"
    src/thread/pthread_mutexattr_setpshared.c "lock_attributes.c: futexes belong to a process"
    src/thread/pthread_condattr_setpshared.c "lock_attributes.c: futexes belong to a process"
    src/thread/pthread_rwlockattr_setpshared.c "lock_attributes.c: futexes belong to a process"
    src/thread/pthread_barrierattr_setpshared.c "lock_attributes.c: futexes belong to a process"
    src/thread/pthread_cond_init.c "pthread_cond.c: on the sync library"
    src/thread/pthread_cond_destroy.c "pthread_cond.c"
    src/thread/pthread_cond_wait.c "pthread_cond.c"
    src/thread/pthread_cond_timedwait.c "pthread_cond.c"
    src/thread/pthread_cond_signal.c "pthread_cond.c"
    src/thread/pthread_cond_broadcast.c "pthread_cond.c"
    src/thread/sem_init.c "missing.c: none is shared between processes"
    src/thread/sem_open.c "missing.c: none has a name"
    src/thread/sem_unlink.c "missing.c: none has a name"
    src/thread/thrd_create.c "c11.c"
    src/thread/thrd_exit.c "c11.c"
    src/thread/thrd_join.c "c11.c"
    src/thread/thrd_sleep.c "c11.c"
    src/thread/mtx_init.c "c11.c: one word, as spec 12 section 4 says"
    src/thread/mtx_destroy.c "c11.c"
    src/thread/mtx_lock.c "c11.c"
    src/thread/mtx_timedlock.c "c11.c"
    src/thread/mtx_trylock.c "c11.c"
    src/thread/mtx_unlock.c "c11.c"
    src/thread/cnd_init.c "c11.c: on the sync library"
    src/thread/cnd_destroy.c "c11.c"
    src/thread/cnd_wait.c "c11.c"
    src/thread/cnd_timedwait.c "c11.c"
    src/thread/cnd_signal.c "c11.c"
    src/thread/cnd_broadcast.c "c11.c"
)
