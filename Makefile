# Tongban: build, test, measure. `make help` lists the targets.
#
# Everything is found by wildcard: a new engine/*/*.c, sim/*/*.c, bench/*.c or tests/*/*.c needs no
# line here. Each folder sees only the headers that its layer may use (inc_FOLDER below).

B      ?= build
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
OPT    ?= -O3
SAN    ?=
WERROR ?= -Werror
CFLAGS := -std=gnu17 $(OPT) -march=native -ffp-contract=off -Wall -Wextra $(WERROR) -g $(SAN)
SEED   ?= 1
STEPS  ?= 10000000
FUZZ_SECONDS ?= 60

# One job for each CPU unless the caller says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --no-print-directory -j$(shell nproc)
endif

# ---- layers: what the sources of a folder see ---------------------------------------------------
inc_engine          := -Iinclude -Iengine -Isim
inc_engine/core     := -Iinclude -Iengine/core
inc_engine/scenario := -Iinclude
inc_engine/ring     := -Iengine/ring
inc_engine/host     := -Iinclude -Iengine/ring
inc_engine/log      := -Iinclude
inc_engine/net      := -Iinclude -Iengine -Iengine/ring
inc_sim             := -Iinclude -Isim
inc_tests           := -Iinclude -Iengine -Iengine/ring -Isim -Itests
inc_bench           := $(inc_tests) -Ibench
top  = $(firstword $(subst /, ,$1))
incs = $(or $(inc_$(patsubst %/,%,$(dir $1))),$(inc_$(call top,$1)))

# ---- sources ------------------------------------------------------------------------------------
objects  = $(patsubst %.c,$(B)/obj/%.o,$(wildcard $1))
core_o  := $(call objects,engine/core/*.c)
lib_o   := $(call objects,engine/*/*.c)
sim_o   := $(call objects,sim/*/*.c)
main_o  := $(call objects,engine/tongban.c)
bench_o := $(call objects,bench/*.c) $(B)/obj/bench/shim.o
unit_o  := $(call objects,tests/unit/*.c)
own     := tests/unit/% tests/stress/% tests/fuzz/%
help_o  := $(call objects,$(filter-out $(own),$(wildcard tests/*/*.c)))
stress  := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/stress/*.c))
fuzzers := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/fuzz/*.c))
scripts := $(wildcard tests/scripts/*.sh)
libs    := $(B)/libtest.a $(B)/libsim.a $(B)/libtongban.a

lib_l   := -luring -ljemalloc -lxxhash -lpthread -lm
sim_l   := $(if $(sim_o),-lcyaml -lyaml -lcsv -lxlsxwriter -ljansson)

# ---- build --------------------------------------------------------------------------------------
all: $(B)/tongban $(B)/libtongban.a $(B)/tongban-bench

$(B)/tongban: $(main_o) $(B)/libsim.a $(B)/libtongban.a
	$(CC) $(CFLAGS) -o $@ $^ $(sim_l) $(lib_l)

$(B)/tongban-bench: $(bench_o) $(libs)
	$(CC) $(CFLAGS) -o $@ $^ -lbenchmark -lstdc++ -lck $(sim_l) $(lib_l)

$(B)/tests: $(unit_o) $(libs)
	$(CC) $(CFLAGS) -o $@ $^ -lcriterion $(sim_l) $(lib_l)

$(stress): $(B)/stress/%: $(B)/obj/tests/stress/%.o $(libs)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(sim_l) $(lib_l)

$(fuzzers): $(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(libs)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fsanitize=fuzzer -o $@ $^ $(sim_l) $(lib_l)

# Folders are prerequisites so that an archive is made anew when a source file goes away.
$(B)/libtongban.a: $(lib_o) $(wildcard engine/*/)
$(B)/libsim.a: $(sim_o) $(wildcard sim/*/)
$(B)/libtest.a: $(help_o) $(wildcard tests/*/)
$(B)/%.a: | $(B)/.deps
	@rm -f $@
	ar rcs $@ $(filter %.o,$^)

$(B)/obj/%.o: %.c Makefile | $(B)/.deps
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP $(call incs,$<) -c -o $@ $<

$(B)/obj/%.o: %.cc Makefile | $(B)/.deps
	@mkdir -p $(@D)
	g++ -std=c++17 $(OPT) -march=native -Wall -Wextra -Werror -g $(SAN) -MMD -MP -Ibench -c -o $@ $<

-include $(patsubst %.o,%.d,$(lib_o) $(sim_o) $(main_o) $(bench_o) $(unit_o) $(help_o))
-include $(patsubst $(B)/%,$(B)/obj/tests/%.d,$(stress) $(fuzzers))

# ---- test ---------------------------------------------------------------------------------------
# `make test T='ring/push*'` runs the unit tests whose suite/name matches, and nothing else.
test: all $(B)/tests $(stress)
	$(B)/tests $(if $T,--filter '$T')

stress: $(stress)
	set -e; for p in $(stress); do $$p --seed $(SEED) --steps $(STEPS); done

# What is missing is installed once; an unchanged list is not looked at again.
deps: $(B)/.deps
$(B)/.deps: .ci/packages .ci/deps
	@mkdir -p $(@D)
	@.ci/deps $<
	@touch $@

clean:
	rm -rf $(B)

.PHONY: all test stress deps clean

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
