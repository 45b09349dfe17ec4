// SPDX-License-Identifier: MIT
//
// Servers that behave: files, directories, terminals and services, as the protocols see them; and one
// that has died and has a successor.

#include <check/check.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <jacinth/fd.h>
#include <jacinth/namespace.h>
#include <jacinth/service.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#include "server.h"

// Mounts a server at /s.
static bool mount_server(enum server_manner manner)
{
    return namespace_mount("/s", server_start(manner)) == ZX_OK;
}

TEST(an_honest_server_works)
{
    uint64_t before = check_handle_count();
    char text[16] = {0};
    struct stat info;
    int fd, other;

    ASSERT_TRUE(mount_server(SERVER_HONEST));
    fd = open("/s/x", O_RDWR);
    ASSERT_EQ(fd, 3);
    EXPECT_EQ(read(fd, text, 4), 4);
    EXPECT_STR(text, "0123");
    EXPECT_EQ(read(fd, text, 16), 6);
    EXPECT_EQ(read(fd, text, 16), 0);
    EXPECT_EQ(lseek(fd, 2, SEEK_SET), 2);
    EXPECT_ERRNO(lseek(fd, 2, 9), EINVAL);
    EXPECT_EQ(fstat(fd, &info), 0);
    EXPECT_EQ(info.st_size, 10);
    EXPECT_EQ(info.st_mode, S_IFREG | 0644);
    EXPECT_EQ(info.st_mtim.tv_sec, -1);
    EXPECT_EQ(info.st_mtim.tv_nsec, 999999999);
    EXPECT_ERRNO(stat("/s/x/", &info), ENOTDIR);
    EXPECT_ERRNO(chdir("/s/x"), ENOTDIR);
    EXPECT_ERRNO(fchdir(fd), ENOTDIR);
    EXPECT_ERRNO(rmdir("/s/x"), ENOTEMPTY);
    EXPECT_ERRNO(mkdir("/s/x", 0777), EROFS); // not supported: read-only
    EXPECT_EQ(isatty(fd), 0);
    EXPECT_EQ(errno, ENOTTY);
    other = openat(fd, "y", O_RDONLY);
    EXPECT_EQ(other, 4);
    EXPECT_ERRNO(write(other, "x", 1), EBADF);
    EXPECT_EQ(close(other), 0);
    EXPECT_EQ(close(fd), 0);
    fd = open("/s/x", O_PATH);
    EXPECT_ERRNO(read(fd, text, 1), EBADF);
    EXPECT_ERRNO(lseek(fd, 0, SEEK_CUR), EBADF);
    EXPECT_EQ(close(fd), 0);
    namespace_unmount("/s");
    server_wait_all();
    EXPECT_TRUE(check_handles_return(before));
}

TEST(directories_can_be_rewound)
{
    static const char *const names[] = {"one", "two", "a rather long name for a third"};
    struct dirent *entry;
    DIR *directory;
    long place = 0;

    ASSERT_TRUE(mount_server(SERVER_HONEST));
    directory = opendir("/s");
    ASSERT_TRUE(directory != NULL);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            entry = readdir(directory);
            EXPECT_STR(entry != NULL ? entry->d_name : NULL, names[i]);
            place = i == 1 ? telldir(directory) : place;
        }
        EXPECT_TRUE(readdir(directory) == NULL);
        rewinddir(directory);
    }
    seekdir(directory, place);
    entry = readdir(directory);
    EXPECT_STR(entry != NULL ? entry->d_name : NULL, names[2]);
    closedir(directory);
    namespace_unmount("/s");
    server_wait_all();
}

TEST(terminals)
{
    struct winsize size = {0};
    struct termios modes, back;
    int fd;

    ASSERT_EQ(fd_from_handle(server_start(SERVER_TERMINAL), PA_FDIO_REMOTE, &fd), ZX_OK);
    EXPECT_EQ(isatty(fd), 1);
    EXPECT_EQ(ioctl(fd, TIOCGWINSZ, &size), 0);
    EXPECT_TRUE(size.ws_col == 80 && size.ws_row == 24);
    size.ws_col = 132;
    EXPECT_EQ(ioctl(fd, TIOCSWINSZ, &size), 0);
    size.ws_col = 0;
    EXPECT_EQ(ioctl(fd, TIOCGWINSZ, &size), 0);
    EXPECT_EQ(size.ws_col, 132);
    ASSERT_EQ(tcgetattr(fd, &modes), 0);
    EXPECT_EQ(modes.c_lflag, ICANON | ECHO | ISIG);
    EXPECT_EQ(modes.c_cc[VINTR], 3);
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    modes.c_cc[VMIN] = 7;
    EXPECT_EQ(tcsetattr(fd, TCSANOW, &modes), 0);
    EXPECT_EQ(tcsetattr(fd, TCSADRAIN, &modes), 0);
    EXPECT_EQ(tcsetattr(fd, TCSAFLUSH, &modes), 0);
    EXPECT_EQ(tcgetattr(fd, &back), 0);
    EXPECT_EQ(back.c_lflag, ISIG);
    EXPECT_EQ(back.c_cc[VMIN], 7);
    EXPECT_EQ(tcflush(fd, TCIFLUSH), 0);
    EXPECT_ERRNO(tcflush(fd, 9), EINVAL);
    EXPECT_EQ(tcdrain(fd), 0);
    EXPECT_ERRNO(ioctl(fd, 0x1234, 0), ENOTTY);
    EXPECT_ERRNO(lseek(fd, 0, SEEK_CUR), ESPIPE);
    EXPECT_ERRNO(pread(fd, &back, 1, 0), ESPIPE);
    EXPECT_ERRNO(read(fd, &back, 1), EINTR); // Ctrl-C
    EXPECT_EQ(close(fd), 0);
    server_wait_all();
}

TEST(polling_a_server)
{
    zx_handle_t ours, theirs;
    struct pollfd entry;
    char byte;
    int fd;

    ASSERT_EQ(zx_channel_create(0, &ours, &theirs), ZX_OK);
    ASSERT_EQ(fd_from_handle(ours, PA_FDIO_REMOTE, &fd), ZX_OK);
    entry = (struct pollfd){.fd = fd, .events = POLLIN | POLLOUT | POLLPRI};
    EXPECT_EQ(poll(&entry, 1, 1), 0);
    EXPECT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    EXPECT_ERRNO(read(fd, &byte, 1), EAGAIN);
    EXPECT_ERRNO(write(fd, &byte, 1), EAGAIN);
    zx_object_signal_peer(theirs, 0, ZX_USER_SIGNAL_0);
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    EXPECT_EQ(entry.revents, POLLIN);
    zx_object_signal_peer(theirs, ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_1 | ZX_USER_SIGNAL_2);
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    EXPECT_EQ(entry.revents, POLLOUT | POLLPRI);
    zx_handle_close(theirs);
    entry.events = 0;
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    EXPECT_EQ(entry.revents, POLLERR | POLLHUP);
    EXPECT_ERRNO(read(fd, &byte, 1), EIO);
    close(fd);
}

TEST(a_mount_is_renewed_by_the_service_manager)
{
    struct namespace_copy *copy;
    struct stat info;
    int fd;

    ASSERT_EQ(namespace_mount("/svc", server_start(SERVER_HONEST)), ZX_OK);
    for (int i = 0; i < 4; i++) {
        ASSERT_TRUE(mount_server(SERVER_CLOSES));
        switch (i) {
        case 0: EXPECT_EQ(stat("/s/x", &info), 0); break;
        case 1: EXPECT_ERRNO(rmdir("/s/x"), ENOTEMPTY); break;
        case 2:
            fd = open("/s/x", O_RDONLY);
            EXPECT_TRUE(fd >= 0);
            close(fd);
            break;
        default:
            ASSERT_EQ(namespace_copy(&copy), ZX_OK);
            EXPECT_EQ(copy->count, 2);
            namespace_copy_free(copy);
        }
        EXPECT_EQ(stat("/s/y", &info), 0); // it stays
    }
    // Where there is no successor it remains an error.
    ASSERT_EQ(namespace_mount("/svc", server_start(SERVER_CLOSES)), ZX_OK);
    ASSERT_TRUE(mount_server(SERVER_CLOSES));
    EXPECT_ERRNO(stat("/s/x", &info), EIO);
    EXPECT_ERRNO(stat("/svc/x", &info), EIO);
    namespace_unmount("/s");
    namespace_unmount("/svc");
    server_wait_all();
}

TEST(services_are_connected_by_name)
{
    zx_handle_t channel = ZX_HANDLE_INVALID, directory;

    ASSERT_TRUE(mount_server(SERVER_HONEST));
    EXPECT_EQ(service_connect("/s/anything", &channel), ZX_OK);
    zx_handle_close(channel);
    EXPECT_EQ(service_connect("/elsewhere/x", &channel), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(service_connect("", &channel), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(namespace_clone_mount("/s", &directory), ZX_OK);
    EXPECT_EQ(service_connect_at(directory, "name", &channel), ZX_OK);
    zx_handle_close(channel);
    zx_handle_close(directory);
    EXPECT_EQ(namespace_clone_mount("/s/x", &directory), ZX_ERR_NOT_FOUND);
    namespace_unmount("/s");
    server_wait_all();
}
