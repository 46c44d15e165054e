import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { root as clone } from '../docs/markdown.ts';
import { execForm, type Instruction, isIgnored, pairsOf, readDockerfile, type Stage } from './dockerfile.ts';
import { prepareRoot, runIn } from './sandbox.ts';

/** What a Dockerfile says of how its image is run, and the folder that is its root. */
export interface Image {
  readonly root: string;
  directory: string;
  user: string | undefined;
  readonly variables: Record<string, string>;
  /** Packages of Debian that are added to what its base has. */
  readonly packages: string[];
  entrypoint: string[];
  command: string[];
  healthcheck: string[];
}

type Step = (image: Image, instruction: Instruction, stages: ReadonlyMap<string, Image>) => void;

/** Carries out a Dockerfile without Docker: this system stands for the images that it begins with. */
export function buildImage(bwrap: string, file: string, folder: string): Image {
  const stages = new Map<string, Image>();
  let image: Image | undefined;
  for (const [i, stage] of readDockerfile(file).entries()) {
    image = buildStage(bwrap, stage, join(folder, `stage${i}`), stages);
    stages.set(stage.name ?? String(i), image);
  }
  if (!image) throw new Error(`${file} has no stage`);
  return image;
}

function buildStage(bwrap: string, { instructions }: Stage, root: string, stages: ReadonlyMap<string, Image>): Image {
  prepareRoot(root);
  const image: Image = {
    ...{ root, directory: '/', user: undefined, variables: {}, packages: [] },
    ...{ entrypoint: [], command: [], healthcheck: [] },
  };
  const known: Record<string, Step> = { ...steps, RUN: (image, instruction) => run(bwrap, image, instruction) };
  for (const instruction of instructions) {
    const step = known[instruction.name];
    if (!step) throw new Error(`${instruction.name} is not known here`);
    step(image, instruction, stages);
  }
  return image;
}

const nothing = () => undefined;

const steps: Record<string, Step> = {
  WORKDIR: (image, { text }) => {
    image.directory = resolve(image.directory, text);
    mkdirSync(join(image.root, image.directory), { recursive: true });
  },
  COPY: copy,
  ENV: (image, instruction) => void Object.assign(image.variables, pairsOf(instruction)),
  USER: (image, { text }) => {
    image.user = text;
  },
  ENTRYPOINT: (image, instruction) => {
    image.entrypoint = execForm(instruction);
  },
  CMD: (image, instruction) => {
    image.command = execForm(instruction);
  },
  HEALTHCHECK: (image, instruction) => {
    image.healthcheck = execForm(instruction);
  },
  LABEL: nothing,
  VOLUME: nothing,
  EXPOSE: nothing,
};

function copy(image: Image, { text, flags }: Instruction, stages: ReadonlyMap<string, Image>): void {
  const names = text.split(/\s+/);
  const target = names.pop() as string;
  const from = flags.from === undefined ? clone : stages.get(flags.from)?.root;
  if (from === undefined) throw new Error(`There is no stage ${flags.from}`);
  for (const name of names) {
    const source = join(from, name);
    if (!existsSync(source)) throw new Error(`COPY ${name}: it is not there`);
    if (from === clone && isIgnored(name)) throw new Error(`COPY ${name}: .dockerignore keeps it back`);
    const isFolder = statSync(source).isDirectory();
    const place = join(image.root, resolve(image.directory, target), isFolder ? '' : basename(name));
    mkdirSync(dirname(place), { recursive: true });
    const filter = (path: string) => from !== clone || !isIgnored(path.slice(clone.length + 1));
    cpSync(source, place, { recursive: true, verbatimSymlinks: true, filter });
  }
}

/** Packages are not installed, but named: whether they are what is needed is judged by the libraries that are. */
function run(bwrap: string, image: Image, { text, flags }: Instruction): void {
  const packages = /apt-get install -y --no-install-recommends ([^&]*)/.exec(text)?.[1];
  if (packages !== undefined) return void image.packages.push(...packages.trim().split(/\s+/));
  const cache = /^type=cache,target=(.+)$/.exec(flags.mount ?? '')?.[1];
  // Bubblewrap makes no place for it in a folder of the system.
  if (cache !== undefined) mkdirSync(cache, { recursive: true });
  const { status, output } = runIn(
    {
      ...{ bwrap, root: image.root, directory: image.directory },
      // What was installed for the clone need not be asked for again.
      variables: { ...process.env, npm_config_prefer_offline: 'true', ...image.variables },
      mounts: cache === undefined ? {} : { [cache]: npmCache() },
    },
    ['sh', '-c', text],
  );
  if (status !== 0) throw new Error(`RUN ${text}\n${output}`);
}

function npmCache(): string {
  const path = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
  mkdirSync(path, { recursive: true });
  return path;
}
