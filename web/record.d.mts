import type { Plugin } from 'vite';

export function recorded(folder: string, sources: string[], licences: Record<string, string>): Plugin;
