# Tongban: build, test, measure.
#
#   make             the program, the library, the benchmark program
#   make test        everything, from a bare Debian 12 to a green run; T='ring/push*' only these
#   make test-asan   unit tests and stress programs under AddressSanitizer and UBSan, full length
#   make test-tsan   stress programs under ThreadSanitizer, full length
#   make stress      stress programs at STEPS steps, from SEED
#   make fuzz        each libFuzzer target for FUZZ_SECONDS
#   make tidy        sizes, layers, symbols, headers: what a compiler doesn't check
#   make bench       measures; build/bench.json; F='ring.*' only these
#   make replay      the reference city's year, and its report
#   make deps clean  installs what is missing; removes what was built
#
# B is the folder that all of it is built in; V=1 shows whole commands.
# Everything is found by wildcard: a new engine/*/*.c, sim/*/*.c, bench/*.c or tests/*/*.c needs no
# line here. Each folder sees only the headers that its layer may use (inc_FOLDER below).

B      ?= build
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
OPT    ?= -O3
SAN    ?=
WERROR ?= -Werror
CFLAGS := -std=gnu17 $(OPT) -march=native -ffp-contract=off -Wall -Wextra $(WERROR) -g $(SAN)
CXXFLAGS := -std=c++17 $(OPT) -march=native -Wall -Wextra -Werror -g $(SAN)
SEED   ?= 1
STEPS  ?= 10000000
SHORT_STEPS  ?= 20000
FUZZ_SECONDS ?= 60

# One job for each CPU, and one because some sleep, unless the caller says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --no-print-directory -j$(shell expr 1 + $$(nproc))
endif

# Say what is done in a word; the whole commands with V=1.
Q   := $(if $V,,@)
say  = @printf '  %-5s %s\n' $1 $2

# ---- layers: what the sources of a folder see ---------------------------------------------------
inc_engine          := -Iinclude -Iengine -Isim -I$(B)
inc_engine/core     := -Iinclude -Iengine/core
inc_engine/scenario := -Iinclude
inc_engine/ring     := -Iengine/ring
inc_engine/host     := -Iinclude -Iengine/ring
inc_engine/access   := -Iinclude
inc_engine/log      := -Iinclude
inc_engine/watch    := -Iinclude -Iengine/ring
inc_engine/net      := -Iinclude -Iengine -Iengine/ring
inc_sim             := -Iinclude -Isim
inc_include         := -Iinclude
inc_tests           := -Iinclude -Iengine -Iengine/ring -Isim -Itests
inc_tests/explore   := -Iengine -Iengine/ring -Itests/explore -DTB_EXPLORE
inc_bench           := $(inc_tests) -Ibench -I$(B)
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
own     := tests/unit/% tests/stress/% tests/fuzz/% tests/explore/% tests/examples/% tests/clients/%
help_o  := $(call objects,$(filter-out $(own),$(wildcard tests/*/*.c)))
explore_o := $(call objects,tests/explore/*.c)
explore := $(if $(explore_o),$(B)/explore)
headers := $(wildcard include/tongban/*.h engine/*/*.h sim/*/*.h)
stress  := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/stress/*.c))
fuzzers := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/fuzz/*.c))
page    := $(if $(wildcard sim/report/package-lock.json),sim/report/node_modules/.package-lock.json)
scripts := $(wildcard tests/scripts/*.sh)
libs    := $(B)/libtest.a $(B)/libsim.a $(B)/libtongban.a

lib_l   := -lcyaml -lyaml -lcsv -luring -ljemalloc -lxxhash -largon2 -lmicrohttpd -lsodium
lib_l   += -lssl -lcrypto -lncursesw -ljansson -lpthread -lm
sim_l   := $(if $(sim_o),-lxlsxwriter -lhiredis)
sim_l   += $(if $(wildcard sim/roster/*.c),-lglpk)

# ---- build --------------------------------------------------------------------------------------
all: $(B)/tongban $(B)/libtongban.a $(B)/tongban-bench $(B)/load

$(B)/tongban: $(main_o) $(B)/libsim.a $(B)/libtongban.a
	$(call say,LINK,$@)
	$Q$(CC) $(CFLAGS) -o $@ $^ $(sim_l) $(lib_l)

$(B)/tongban-bench: $(bench_o) $(libs)
	$(call say,LINK,$@)
	$Q$(CC) $(CFLAGS) -o $@ $^ -lbenchmark -lstdc++ -lck $(sim_l) $(lib_l)

# The load generator of bench/serve.sh.
$(B)/load: $(call objects,bench/load/*.c) $(B)/libsim.a $(B)/libtongban.a
	$(call say,LINK,$@)
	$Q$(CC) $(CFLAGS) -o $@ $^ $(sim_l) $(lib_l)

# Each test is a process of its own, so what this program costs to start counts: no relocations.
$(B)/tests: $(unit_o) $(libs)
	$(call say,LINK,$@)
	$Q$(CC) $(CFLAGS) -no-pie -o $@ $^ -lcriterion $(sim_l) $(lib_l)

$(explore): $(explore_o)
	$(call say,LINK,$@)
	$Q$(CC) $(CFLAGS) -o $@ $^ -lpthread

# Of the engine alone, so that a build for its threads needs no simulator.
$(stress): $(B)/stress/%: $(B)/obj/tests/stress/%.o $(B)/libtest.a $(B)/libtongban.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$Q$(CC) $(CFLAGS) -o $@ $^ $(lib_l)

$(fuzzers): $(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(libs)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$Q$(CC) $(CFLAGS) -fsanitize=fuzzer -o $@ $^ $(sim_l) $(lib_l)

# Folders are prerequisites so that an archive is made anew when a source file goes away.
$(B)/libtongban.a: $(lib_o) $(wildcard engine/*/)
$(B)/libsim.a: $(sim_o) $(wildcard sim/*/)
$(B)/libtest.a: $(help_o) $(wildcard tests/*/)
$(B)/%.a: | $(B)/.deps
	@rm -f $@
	$(call say,AR,$@)
	$Qar rcs $@ $(filter %.o,$^)

$(B)/obj/%.o: %.c Makefile | $(B)/.deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$Q$(CC) $(CFLAGS) $(also) -MMD -MP $(call incs,$<) -c -o $@ $<

# They take longer to compile than to run.
$(unit_o): also := -O1

$(B)/obj/%.o: %.cc Makefile | $(B)/.deps
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$Qg++ $(CXXFLAGS) -MMD -MP -Ibench -c -o $@ $<

$(main_o) $(B)/obj/bench/main.o: $(B)/version.h
$(B)/obj/engine/watch/page.o: engine/watch/board.html
# The pages and their chart library are inlined.
$(B)/obj/sim/web/asset.o: $(wildcard sim/web/page/*) sim/report/page/base.css $(page)
$(filter $(B)/obj/sim/report/%,$(sim_o)): $(wildcard sim/report/page/*) $(page)

-include $(patsubst %.o,%.d,$(lib_o) $(sim_o) $(main_o) $(bench_o) $(unit_o) $(help_o) $(explore_o))
-include $(headers:%=$(B)/obj/%.ok.d)
-include $(patsubst $(B)/%,$(B)/obj/tests/%.d,$(stress) $(fuzzers))

# ---- test ---------------------------------------------------------------------------------------
# Everything: cheapest first up to the build, then as many checks at a time as there are CPUs, each
# telling what it found at its end, then the unit tests. With T only the unit tests that match:
# make test T='ring/push*'
run   := tests/run
san    = $(MAKE) B=$(B)/$1 OPT=-O1 SAN="-g1 -fno-sanitize-recover=all -fsanitize=$($1)"
asan  := address,undefined
short_asan := $(asan) -fno-sanitize=null,alignment,object-size,pointer-overflow
tsan  := thread
short := --seed $(SEED) --steps $(SHORT_STEPS)
unit   = $(run)/unit.sh $(B)/tests

ifdef T
test: $(B)/tests
	@$(unit) '$T'
else
test: tidy
	@$(MAKE) all $(B)/tests $(stress) $(explore)
	@$(MAKE) -Otarget checked
	@$(unit) '!(stress_*)/*'
endif

# What needs longest begins first. The short form under AddressSanitizer leaves out mathematics,
# tables of the core (city_model runs it there) and the report, and those checks of UBSan that take
# a fifth of its compile time and see little that the others don't: test-asan has them all.
checked: check-asan $(scripts:%=check-%) check-programs check-tsan check-spin check-bench
check-asan: ; +@$(call san,short_asan) sanitized STRESS='$(short)' UNIT='!($(left_out))/*'
left_out := long_*|stress_*|kernel_*|model_*|plan|recursion|report*|roster|run_spread
left_out := $(left_out)|simultaneous|status|transition
check-tsan: ; +@$(call san,tsan) threads STRESS='$(short)'
check-spin: ; @$(run)/spin.sh $(B)/spin $(wildcard tests/spin/*.pml)
check-programs: ; @$(run)/programs.sh '--seed $(SEED)' $(explore) $(stress)
check-bench: ; @$(run)/bench.sh $(B)/tongban-bench
$(scripts:%=check-%): check-%: ; @B=$(B) $*

# The same with every test and at full length.
test-asan: ; +@$(call san,asan) sanitized STRESS='--seed $(SEED)' UNIT='!(stress_*)/*'
test-tsan: ; +@$(call san,tsan) threads STRESS='--seed $(SEED)'
sanitized: threads $(B)/tests ; @$(run)/unit.sh $(B)/tests '$(UNIT)'
threads: $(stress) ; @$(run)/programs.sh '$(STRESS)' $(stress)

stress: $(stress) $(explore) $(B)/tests
	@LIMIT_S=3600 $(run)/programs.sh '--seed $(SEED) --steps $(STEPS)' $(explore) $(stress)
	@LIMIT_S=3600 $(run)/unit.sh $(B)/tests 'stress_*/*'
	@B=$(B) tests/scripts/drive.sh sim/scenarios/city58 1
	@B=$(B) $(run)/systemd.sh

# libFuzzer comes with clang, so all is built anew by clang.
fuzz:
	@.ci/deps .ci/packages-fuzz
	@$(MAKE) B=$(B)/fuzz CC=clang OPT=-O1 SAN=-fsanitize=fuzzer-no-link,address,undefined fuzzed

fuzzed: $(fuzzers)
	@$(run)/fuzz.sh $(FUZZ_SECONDS) $(fuzzers)

# The checks are checked first: each must refuse a bad sample.
tidy: $(lib_o) $(sim_o) $(headers:%=$(B)/obj/%.ok)
	@tests/tidy/selftest.sh
	@tests/tidy/tidy.sh . $(B)/obj

# Each header compiles alone, as C; those of include/ as C++ too.
$(B)/obj/%.h.ok: %.h | $(B)/.deps
	@mkdir -p $(@D)
	$(call say,HDR,$<)
	$Q$(CC) $(CFLAGS) $(call incs,$<) -MMD -MP -MF $@.d -MT $@ -fsyntax-only -include $< -xc /dev/null
	$(if $(filter include/%,$<),$Qg++ $(CXXFLAGS) -Iinclude -fsyntax-only -include $< -xc++ /dev/null)
	@touch $@

# ---- measure ------------------------------------------------------------------------------------
# F chooses benchmarks: make bench F='ring.*'
bench: $(B)/tongban-bench
	$< --benchmark_filter='$(or $F,.)' --benchmark_repetitions=5 \
	   --benchmark_report_aggregates_only=true --benchmark_enable_random_interleaving=true \
	   --benchmark_out=$(B)/bench.json --benchmark_out_format=json

# The reference city's year; first of all, where its report lies.
replay: $(B)/tongban
	@$< simulate sim/scenarios/city58 --out $(B)/replay

# ---- what it needs ------------------------------------------------------------------------------
# What is missing is installed once; an unchanged list is not looked at again.
deps: $(B)/.deps $(page)
$(B)/.deps: .ci/packages .ci/deps
	@mkdir -p $(@D)
	@.ci/deps $<
	@touch $@

# npm writes this file at the end of an installation.
$(page): sim/report/package-lock.json | $(B)/.deps
	@command -v npm >/dev/null || .ci/deps .ci/packages-npm
	$(call say,NPM,$(<D))
	$Qnpm ci --loglevel=error --ignore-scripts --no-audit --no-fund --prefix $(<D)
	@touch $@

# The commit, for `tongban version` and the benchmarks; rewritten only when it changes.
$(B)/version.h: FORCE
	@mkdir -p $(@D)
	@echo '#define TBI_COMMIT "$(commit)"' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
commit = $(or $(shell git describe --always --dirty --abbrev=12 2>/dev/null),unknown)

clean:
	rm -rf $(B)

.PHONY: all test test-asan test-tsan sanitized threads checked stress fuzz fuzzed tidy bench replay
.PHONY: deps clean FORCE check-asan check-tsan check-spin check-programs check-bench
.PHONY: $(scripts:%=check-%)
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
