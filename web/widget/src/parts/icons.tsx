/** Pictures on buttons, drawn in the colour of the text. */

const PATHS = {
  chat: 'M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-4.6 4.1c-.5.4-1.4.1-1.4-.6V16h-.2A2.5 2.5 0 0 1 4 13.5z',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9.5l6 6 6-6',
  send: 'M12 19V5M5.5 11.5L12 5l6.5 6.5',
  stop: 'M7.5 7.5h9v9h-9z',
  edit: 'M4 20h4L19 9a2.1 2.1 0 0 0 0-3l-1-1a2.1 2.1 0 0 0-3 0L4 16z',
  again: 'M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5',
  copy: 'M9 9h9a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 18 20H9.5A1.5 1.5 0 0 1 8 18.5V10.5A1.5 1.5 0 0 1 9 9zM5 15.5V5.5A1.5 1.5 0 0 1 6.5 4H15',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  up: 'M7 11v9H4v-9zM7 11l4-7.5c1.5 0 2.5 1 2.5 2.5V9H18a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 16.8 20H7',
  thumbDown: 'M17 13V4h3v9zM17 13l-4 7.5c-1.5 0-2.5-1-2.5-2.5V15H6a2 2 0 0 1-2-2.3l1.2-7A2 2 0 0 1 7.2 4H17',
  plus: 'M12 5v14M5 12h14',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0',
  book: 'M5 4.5h5A2.5 2.5 0 0 1 12.5 7v13A2.5 2.5 0 0 0 10 17.5H5zM20 4.5h-5A2.5 2.5 0 0 0 12.5 7v13a2.5 2.5 0 0 1 2.5-2.5h5z',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" data-icon={name}>
      <path d={PATHS[name]} />
    </svg>
  );
}
