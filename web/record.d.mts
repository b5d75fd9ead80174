import type { Plugin } from 'vite';

export function record(folder: string, sources: string[], licences: Record<string, string>): void;
export function recorded(folder: string, sources: string[], licences: Record<string, string>): Plugin;
