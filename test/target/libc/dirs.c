// SPDX-License-Identifier: MIT
//
// Directories and names: making, removing, renaming, listing, the current directory, openat().

#include <check/check.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0666);

    EXPECT_TRUE(fd >= 0);
    EXPECT_EQ(close(fd), 0);
}

static int count_entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;

    if (directory == NULL) {
        return -1;
    }
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

TEST(directories_are_made_and_removed)
{
    struct stat info;

    ASSERT_TRUE(world_start());
    EXPECT_EQ(mkdir("/tmp/d", 0777), 0);
    EXPECT_ERRNO(mkdir("/tmp/d", 0777), EEXIST);
    EXPECT_ERRNO(mkdir("/tmp/d/.", 0777), EEXIST);
    EXPECT_EQ(mkdir("/tmp/d/e/", 0700), 0);
    EXPECT_EQ(stat("/tmp/d", &info), 0);
    EXPECT_EQ(info.st_mode, S_IFDIR | 0755);
    EXPECT_ERRNO(mkdir("/tmp/none/x", 0777), ENOENT);
    touch("/tmp/file");
    EXPECT_ERRNO(mkdir("/tmp/file/x", 0777), ENOTDIR);
    EXPECT_ERRNO(mkdir("/tmp/file", 0777), EEXIST);
    EXPECT_ERRNO(rmdir("/tmp/d"), ENOTEMPTY);
    EXPECT_ERRNO(rmdir("/tmp/file"), ENOTDIR);
    EXPECT_ERRNO(rmdir("/tmp/d/e/."), EINVAL);
    EXPECT_ERRNO(rmdir("/tmp/d/e/.."), ENOTEMPTY);
    EXPECT_ERRNO(rmdir("/tmp"), EBUSY);
    EXPECT_ERRNO(rmdir("/tmp/none"), ENOENT);
    EXPECT_EQ(stat("/tmp/d/e", &info), 0);
    EXPECT_ERRNO(unlink("/tmp/d/e"), EISDIR);
    EXPECT_ERRNO(unlink("/tmp/d/e/"), EISDIR);
    EXPECT_ERRNO(unlink("/tmp/file/"), ENOTDIR);
    EXPECT_EQ(rmdir("/tmp/d/e/"), 0);
    EXPECT_EQ(remove("/tmp/d"), 0);
    EXPECT_EQ(remove("/tmp/file"), 0);
    EXPECT_ERRNO(remove("/tmp/file"), ENOENT);
}

TEST(names_are_changed)
{
    struct stat before, after;
    int fd;

    EXPECT_EQ(mkdir("/tmp/r", 0777), 0);
    touch("/tmp/r/a");
    touch("/tmp/r/b");
    EXPECT_EQ(stat("/tmp/r/a", &before), 0);
    EXPECT_EQ(rename("/tmp/r/a", "/tmp/r/c"), 0);
    EXPECT_ERRNO(stat("/tmp/r/a", &after), ENOENT);
    EXPECT_EQ(stat("/tmp/r/c", &after), 0);
    EXPECT_TRUE(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
    EXPECT_EQ(rename("/tmp/r/c", "/tmp/r/b"), 0); // replaces
    EXPECT_EQ(stat("/tmp/r/b", &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
    EXPECT_EQ(rename("/tmp/r/b", "/tmp/r/b"), 0);
    EXPECT_EQ(mkdir("/tmp/r/d", 0777), 0);
    EXPECT_ERRNO(rename("/tmp/r/b", "/tmp/r/d"), EISDIR);
    EXPECT_ERRNO(rename("/tmp/r/d", "/tmp/r/b"), ENOTDIR);
    EXPECT_ERRNO(rename("/tmp/r", "/tmp/r/d/r"), EINVAL);
    EXPECT_ERRNO(rename("/tmp/r/none", "/tmp/r/x"), ENOENT);
    EXPECT_ERRNO(rename("/tmp/r/b", "/tmp/none/x"), ENOENT);
    EXPECT_ERRNO(rename("/tmp/r/b/", "/tmp/r/x"), ENOTDIR);
    EXPECT_ERRNO(rename("/tmp/r/b", "/tmp/r/x/"), ENOTDIR);
    EXPECT_ERRNO(rename("/tmp/r/.", "/tmp/r/x"), EBUSY);
    EXPECT_ERRNO(rename("/tmp/r/d", "/tmp/r/.."), EBUSY);
    EXPECT_ERRNO(rename("/tmp/r/b", "/boot/b"), EXDEV);
    EXPECT_EQ(rename("/tmp/r/d/", "/tmp/r/e/"), 0);
    // The two ends by descriptors of different directories of one server.
    fd = open("/tmp/r/e", O_RDONLY | O_DIRECTORY);
    EXPECT_EQ(renameat(AT_FDCWD, "/tmp/r/b", fd, "moved"), 0);
    EXPECT_EQ(stat("/tmp/r/e/moved", &after), 0);
    EXPECT_EQ(unlinkat(fd, "moved", 0), 0);
    EXPECT_ERRNO(unlinkat(fd, "moved", 0x40), EINVAL);
    close(fd);
    EXPECT_EQ(rmdir("/tmp/r/e"), 0);
    EXPECT_EQ(rmdir("/tmp/r"), 0);
}

TEST(listing_shows_everything_once)
{
    static char seen[600];
    struct dirent *entry;
    char name[64];
    DIR *directory;
    int count = 0;

    EXPECT_EQ(mkdir("/tmp/l", 0777), 0);
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof(name), "/tmp/l/a name of some length, number %d", i);
        touch(name);
    }
    EXPECT_EQ(mkdir("/tmp/l/sub", 0777), 0);
    directory = opendir("/tmp/l");
    ASSERT_TRUE(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, "sub") == 0) {
            EXPECT_EQ(entry->d_type, DT_DIR);
        } else {
            EXPECT_EQ(entry->d_type, DT_REG);
            int number = atoi(strrchr(entry->d_name, ' '));

            EXPECT_EQ(seen[number], 0);
            seen[number] = 1;
        }
        count++;
    }
    EXPECT_EQ(count, 601);
    closedir(directory);
    EXPECT_ERRNO(rmdir("/tmp/l"), ENOTEMPTY);
    // Removing while listing.
    directory = opendir("/tmp/l");
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_type == DT_REG) {
            EXPECT_EQ(unlinkat(dirfd(directory), entry->d_name, 0), 0);
        }
    }
    closedir(directory);
    EXPECT_EQ(count_entries("/tmp/l"), 1);
    EXPECT_EQ(rmdir("/tmp/l/sub"), 0);
    EXPECT_EQ(rmdir("/tmp/l"), 0);
    touch("/tmp/plain");
    EXPECT_EQ(count_entries("/tmp/plain"), -1);
    EXPECT_EQ(errno, ENOTDIR);
    EXPECT_EQ(count_entries("/tmp/none"), -1);
    EXPECT_EQ(errno, ENOENT);
    EXPECT_EQ(unlink("/tmp/plain"), 0);
}

TEST(the_root_lists_the_mounts)
{
    struct dirent **names;
    int count = scandir("/", &names, NULL, alphasort);

    ASSERT_EQ(count, 2);
    EXPECT_STR(names[0]->d_name, "boot");
    EXPECT_STR(names[1]->d_name, "tmp");
    free(names[0]);
    free(names[1]);
    free(names);
    EXPECT_TRUE(count_entries("/boot") > 0);
}

TEST(the_current_directory)
{
    char path[PATH_MAX];
    struct stat info;
    int fd;

    EXPECT_EQ(mkdir("/tmp/w", 0777), 0);
    EXPECT_EQ(chdir("/tmp/w"), 0);
    EXPECT_STR(getcwd(path, sizeof(path)), "/tmp/w");
    touch("here");
    EXPECT_EQ(stat("/tmp/w/here", &info), 0);
    EXPECT_ERRNO(chdir("here"), ENOTDIR);
    EXPECT_ERRNO(chdir("none"), ENOENT);
    EXPECT_EQ(chdir("../w/./"), 0);
    EXPECT_STR(getcwd(path, sizeof(path)), "/tmp/w");
    EXPECT_EQ(stat("../../boot/bin", &info), 0); // through another mount
    EXPECT_EQ(unlink("./here"), 0);
    fd = open("..", O_RDONLY);
    EXPECT_EQ(fchdir(fd), 0);
    EXPECT_STR(getcwd(path, sizeof(path)), "/tmp");
    close(fd);
    fd = open("/", O_RDONLY);
    EXPECT_EQ(fchdir(fd), 0);
    EXPECT_STR(getcwd(path, sizeof(path)), "/");
    EXPECT_EQ(stat("tmp/w", &info), 0);
    close(fd);
    EXPECT_EQ(rmdir("tmp/w"), 0);
    EXPECT_STR(realpath("tmp/../boot/./bin", path), "/boot/bin");
    EXPECT_TRUE(realpath("/tmp/none/x", path) == NULL && errno == ENOENT);
    EXPECT_TRUE(realpath("/boot/test/libc-dirs/", path) == NULL && errno == ENOTDIR);
}

TEST(openat_starts_at_the_directory_itself)
{
    struct stat info;
    int fd, file;

    EXPECT_EQ(mkdir("/tmp/o", 0777), 0);
    fd = open("/tmp/o", O_RDONLY | O_DIRECTORY);
    file = openat(fd, "f", O_RDWR | O_CREAT, 0666);
    EXPECT_TRUE(file >= 0);
    EXPECT_ERRNO(openat(file, "x", O_RDONLY), ENOTDIR);
    EXPECT_EQ(fstatat(file, "", &info, AT_EMPTY_PATH), 0);
    EXPECT_ERRNO(fstatat(file, "", &info, 0), ENOENT);
    close(file);
    EXPECT_EQ(fstatat(fd, "f", &info, 0), 0);
    EXPECT_EQ(fstatat(fd, "../o/f", &info, 0), 0);
    EXPECT_EQ(fstatat(fd, "/tmp/o/f", &info, 0), 0);
    EXPECT_EQ(faccessat(fd, "f", R_OK, 0), 0);
    EXPECT_ERRNO(faccessat(fd, "f", X_OK, 0), EACCES);
    EXPECT_EQ(mkdirat(fd, "sub", 0777), 0);
    EXPECT_EQ(rename("/tmp/o", "/tmp/p"), 0); // the descriptor follows
    EXPECT_EQ(fstatat(fd, "f", &info, 0), 0);
    EXPECT_EQ(unlinkat(fd, "f", 0), 0);
    EXPECT_EQ(unlinkat(fd, "sub", AT_REMOVEDIR), 0);
    EXPECT_EQ(fstatat(fd, ".", &info, 0), 0);
    EXPECT_TRUE(S_ISDIR(info.st_mode));
    close(fd);
    EXPECT_EQ(rmdir("/tmp/p"), 0);
}

TEST(long_names)
{
    char path[PATH_MAX] = "/tmp/";
    size_t length = strlen(path);

    memset(path + length, 'n', 255);
    path[length + 255] = '\0';
    touch(path);
    EXPECT_EQ(access(path, F_OK), 0);
    EXPECT_EQ(unlink(path), 0);
    // Deep, up to the longest path there is.
    while (length + 9 < PATH_MAX) {
        memcpy(path + length, "deeper1/", 9);
        if (mkdir(path, 0777) != 0) {
            break;
        }
        length += 8;
    }
    EXPECT_TRUE(length > 4000 || errno == ENAMETOOLONG);
    while (length > 5) {
        path[length] = '\0';
        EXPECT_EQ(rmdir(path), 0);
        length -= 8;
    }
}
