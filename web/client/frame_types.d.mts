export function frameTypes(): Promise<string>;
