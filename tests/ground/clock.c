/*
 * Shows the programs that load it what a test's clock shows. Only the time of day is another: waiting and measuring
 * go by the machine's other clocks.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

/* Nanoseconds, in a file that the test writes to; null until it is open, and where there is none. */
static const volatile int64_t *ahead;

/* Called once more by a process that was forked and shall go by another clock. */
__attribute__((constructor)) void open_clock(void)
{
	const char *path = getenv("GROUND_CLOCK");
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *page;

	if (file < 0)
		return;
	page = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
	close(file);
	if (page != MAP_FAILED)
		ahead = page;
}

int clock_gettime(clockid_t clock, struct timespec *shown)
{
	/* Memory allocators ask before anything can be looked up, so the kernel is asked itself. */
	int failed = syscall(SYS_clock_gettime, clock, shown);
	int64_t now;

	if (failed || !ahead || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return failed;
	now = shown->tv_sec * SECOND + shown->tv_nsec + *ahead;
	shown->tv_sec = now / SECOND;
	shown->tv_nsec = now % SECOND;
	return 0;
}

int gettimeofday(struct timeval *restrict shown, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	shown->tv_sec = now.tv_sec;
	shown->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *shown)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (shown)
		*shown = now.tv_sec;
	return now.tv_sec;
}
